// Preloaded into a program: the wall clock stands where the file MOVING_CLOCK says (milliseconds since 1970,
// 8 bytes in native order), and moves whenever somebody writes there. Monotonic clocks run on, so that
// time-outs work.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t* clock_ms;

__attribute__((constructor)) static void set_up(void) {
  const char* path = getenv("MOVING_CLOCK");
  const int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void* mapped = mmap(NULL, sizeof *clock_ms, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (mapped != MAP_FAILED) clock_ms = mapped;
}

int clock_gettime(clockid_t clock, struct timespec* out) {
  if (!clock_ms || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) {
    return (int)syscall(SYS_clock_gettime, clock, out);
  }
  const int64_t now = *clock_ms;
  out->tv_sec = now / 1000;
  out->tv_nsec = now % 1000 * 1000000;
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
