// Preloaded into a program: the wall clock that the file MOVING_CLOCK names (README.md says what is in it),
// and that others move by writing there. Monotonic clocks are the machine's, so that time-outs work. The
// clock goes along into every program that this one starts, also where that gets an environment of its own;
// other preloads do not.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct moving_clock {
  int64_t runs;   // 1: what it shows is `shown` and the monotonic clock's; 0: it stands at `shown`
  int64_t shown;  // nanoseconds, since 1970 where it stands
};

static const volatile struct moving_clock* moving;
static char file_variable[PATH_MAX + 16] = "MOVING_CLOCK=";
static char preload_variable[PATH_MAX + 16] = "LD_PRELOAD=";

__attribute__((constructor)) static void set_up(void) {
  const char* path = getenv("MOVING_CLOCK");
  const int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void* mapped = mmap(NULL, sizeof *moving, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  Dl_info self;
  if (mapped == MAP_FAILED || !dladdr((void*)set_up, &self) || strlen(path) >= PATH_MAX) return;
  strcat(file_variable, path);
  strncat(preload_variable, self.dli_fname, PATH_MAX);
  moving = mapped;
}

// --- what time it is
// -----------------------------------------------------------------------------------------------

static const int64_t kSecond = 1000000000;

int clock_gettime(clockid_t clock, struct timespec* out) {
  const int asked = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (!moving || !asked) return (int)syscall(SYS_clock_gettime, clock, out);
  int64_t now = moving->shown;
  if (moving->runs) {
    struct timespec since;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &since);
    now += since.tv_sec * kSecond + since.tv_nsec;
  }
  out->tv_sec = now / kSecond;
  out->tv_nsec = now % kSecond;
  return 0;
}

int gettimeofday(struct timeval* restrict out, void* restrict zone) {
  (void)zone;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}

int timespec_get(struct timespec* out, int base) {
  return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, out) == 0 ? base : 0;
}

// --- programs that are started: between fork and exec, so nothing here allocates
// -------------------------------------

enum { kMostVariables = 1000 };

static int is_there(char* const* environment, const char* name) {
  for (; environment && *environment; ++environment) {
    if (strncmp(*environment, name, strlen(name)) == 0) return 1;
  }
  return 0;
}

/// `environment`, with the clock in it where it has none: in `space`.
static char* const* with_clock(char* const* environment, char** space) {
  if (!moving || is_there(environment, "MOVING_CLOCK=") || is_there(environment, "LD_PRELOAD="))
    return environment;
  int count = 0;
  for (; environment && environment[count]; ++count) {
    if (count == kMostVariables) return environment;
    space[count] = environment[count];
  }
  space[count++] = file_variable;
  space[count++] = preload_variable;
  space[count] = NULL;
  return space;
}

#define NEXT(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

int execve(const char* path, char* const arguments[], char* const environment[]) {
  char* space[kMostVariables + 3];
  return (int)syscall(SYS_execve, path, arguments, with_clock(environment, space));
}

int execvpe(const char* file, char* const arguments[], char* const environment[]) {
  char* space[kMostVariables + 3];
  return NEXT(execvpe)(file, arguments, with_clock(environment, space));
}

int posix_spawn(pid_t* child, const char* path, const posix_spawn_file_actions_t* actions,
                const posix_spawnattr_t* attributes, char* const arguments[], char* const environment[]) {
  char* space[kMostVariables + 3];
  return NEXT(posix_spawn)(child, path, actions, attributes, arguments, with_clock(environment, space));
}

int posix_spawnp(pid_t* child, const char* file, const posix_spawn_file_actions_t* actions,
                 const posix_spawnattr_t* attributes, char* const arguments[], char* const environment[]) {
  char* space[kMostVariables + 3];
  return NEXT(posix_spawnp)(child, file, actions, attributes, arguments, with_clock(environment, space));
}
