// Preloaded into the program: counts what it does to the world, and kills it, or fails it, at a chosen
// moment.
//
// An effect is a send to an archive or to PostgreSQL, and a change to a file below EFFECTS_FOLDER: write,
// fsync, rename, unlink, truncate. The settings, all optional but the first:
//
//   EFFECTS_RECORD  a file of kEffects bytes that is mapped: byte 8 + i is the kind of the i-th effect, the
//   first 8
//                   are their number (native byte order). So it is there whole, also after a SIGKILL.
//   EFFECTS_FOLDER  where files count
//   EFFECTS_KILL    `before:7` or `after:7`: SIGKILL right before or right after the seventh effect
//   EFFECTS_FULL    `7`: from the seventh effect on the disk is full: writes to files that grow them fail
//   with ENOSPC
//   EFFECTS_FAIL    `7`: the seventh effect, on a file, does not happen and fails with EIO
//
// Kinds: `h` HTTP, `p` PostgreSQL (a Unix socket with a name, or any port but HTTP's: EFFECTS_HTTP_PORT
// tells), `w` write, `f` fsync, `r` rename, `u` unlink, `t` truncate.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum { kEffects = 1 << 16, kHead = 8 };

static atomic_uchar* record;
static const char* folder;
static long kill_at;  // 0: never
static int kill_after;
static long full_from;  // 0: never
static long fail_at;    // 0: never
static int http_port;

__attribute__((constructor)) static void set_up(void) {
  const char* path = getenv("EFFECTS_RECORD");
  const int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void* mapped = mmap(NULL, kEffects, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (mapped == MAP_FAILED) return;
  folder = getenv("EFFECTS_FOLDER");
  const char* moment = getenv("EFFECTS_KILL");
  if (moment) {
    kill_after = moment[0] == 'a';
    kill_at = atol(strchr(moment, ':') + 1);
  }
  const char* full = getenv("EFFECTS_FULL");
  full_from = full ? atol(full) : 0;
  const char* broken = getenv("EFFECTS_FAIL");
  fail_at = broken ? atol(broken) : 0;
  const char* port = getenv("EFFECTS_HTTP_PORT");
  http_port = port ? atoi(port) : 0;
  record = mapped;  // last: from now on effects count
}

static void die(void) {
  syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
  for (;;) pause();
}

// Its number, from 1 on; 0 where effects don't count. Kills, if this is the moment to do it before.
static long begin_effect(char kind) {
  if (!record || !kind) return 0;
  const long number = atomic_fetch_add((_Atomic int64_t*)record, 1) + 1;
  if (number < kEffects - kHead) atomic_store(&record[kHead + number - 1], (unsigned char)kind);
  if (number == kill_at && !kill_after) die();
  return number;
}

static void end_effect(long number) {
  if (number != 0 && number == kill_at && kill_after) die();
}

static int below_folder(const char* path) {
  return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static char socket_kind(int fd) {
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  if (getpeername(fd, (struct sockaddr*)&peer, &size) != 0) return 0;
  if (peer.ss_family == AF_INET)
    return ntohs(((struct sockaddr_in*)&peer)->sin_port) == http_port ? 'h' : 'p';
  // libcurl wakes itself through a socket without a name.
  if (peer.ss_family == AF_UNIX) return size > offsetof(struct sockaddr_un, sun_path) ? 'p' : 0;
  return 0;
}

static int is_socket(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

static char file_kind(int fd, char kind) {
  char link[64];
  char path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = 0;
  return below_folder(path) ? kind : 0;
}

static char name_kind(int fd, const char* path, char kind) {
  if (!record) return 0;
  if (fd == AT_FDCWD || *path == '/') return below_folder(path) ? kind : 0;
  return file_kind(fd, kind);
}

static char any_kind(int fd) {
  if (!record || fd <= STDERR_FILENO) return 0;
  return is_socket(fd) ? socket_kind(fd) : file_kind(fd, 'w');
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

// What a disk that is broken answers, once.
static int is_broken(long number, char kind) {
  if (fail_at == 0 || number != fail_at || kind == 'h' || kind == 'p') return 0;
  errno = EIO;
  return 1;
}

#define EFFECT(kind_of, type, call)                          \
  const int saved = errno;                                   \
  const char kind = kind_of;                                 \
  const long number = begin_effect(kind);                    \
  errno = saved;                                             \
  const type result = is_broken(number, kind) ? -1 : (call); \
  end_effect(number);                                        \
  return result

ssize_t send(int fd, const void* data, size_t size, int flags) {
  EFFECT(record ? socket_kind(fd) : 0, ssize_t, NEXT(send)(fd, data, size, flags));
}
ssize_t sendto(int fd, const void* data, size_t size, int flags, const struct sockaddr* to,
               socklen_t to_size) {
  EFFECT(record ? socket_kind(fd) : 0, ssize_t, NEXT(sendto)(fd, data, size, flags, to, to_size));
}
ssize_t sendmsg(int fd, const struct msghdr* message, int flags) {
  EFFECT(record ? socket_kind(fd) : 0, ssize_t, NEXT(sendmsg)(fd, message, flags));
}

// What a full disk answers.
static int is_full(long number, char kind) {
  if (is_broken(number, kind)) return 1;
  if (full_from == 0 || number < full_from || kind != 'w') return 0;
  errno = ENOSPC;
  return 1;
}

#define WRITE(call)                                           \
  const int saved = errno;                                    \
  const char kind = any_kind(fd);                             \
  const long number = begin_effect(kind);                     \
  errno = saved;                                              \
  const ssize_t result = is_full(number, kind) ? -1 : (call); \
  end_effect(number);                                         \
  return result

ssize_t write(int fd, const void* data, size_t size) {
  WRITE(NEXT(write)(fd, data, size));
}
ssize_t writev(int fd, const struct iovec* pieces, int count) {
  WRITE(NEXT(writev)(fd, pieces, count));
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  WRITE(NEXT(pwrite)(fd, data, size, at));
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  WRITE(NEXT(pwrite64)(fd, data, size, at));
}

int fsync(int fd) {
  EFFECT(record ? file_kind(fd, 'f') : 0, int, NEXT(fsync)(fd));
}
int fdatasync(int fd) {
  EFFECT(record ? file_kind(fd, 'f') : 0, int, NEXT(fdatasync)(fd));
}
int ftruncate(int fd, off_t size) {
  EFFECT(record ? file_kind(fd, 't') : 0, int, NEXT(ftruncate)(fd, size));
}
int ftruncate64(int fd, off64_t size) {
  EFFECT(record ? file_kind(fd, 't') : 0, int, NEXT(ftruncate64)(fd, size));
}
int rename(const char* from, const char* to) {
  EFFECT(below_folder(to) ? 'r' : 0, int, NEXT(rename)(from, to));
}
int unlink(const char* path) {
  EFFECT(below_folder(path) ? 'u' : 0, int, NEXT(unlink)(path));
}
int renameat(int from_fd, const char* from, int to_fd, const char* to) {
  EFFECT(name_kind(to_fd, to, 'r'), int, NEXT(renameat)(from_fd, from, to_fd, to));
}
int linkat(int from_fd, const char* from, int to_fd, const char* to, int flags) {
  EFFECT(name_kind(to_fd, to, 'r'), int, NEXT(linkat)(from_fd, from, to_fd, to, flags));
}
int unlinkat(int fd, const char* path, int flags) {
  EFFECT(name_kind(fd, path, 'u'), int, NEXT(unlinkat)(fd, path, flags));
}
