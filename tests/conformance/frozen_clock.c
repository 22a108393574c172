// Preloaded into a runtime under test: the wall clock stands still at FROZEN_CLOCK (milliseconds since 1970).
// Monotonic clocks run on, so that time-outs work. libfaketime does the same and more, but deadlocks in
// workerd's allocator.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long frozen;  // milliseconds; 0: not read yet

static long long frozen_ms(void) {
  if (frozen == 0) {
    const char* text = getenv("FROZEN_CLOCK");
    frozen = text ? atoll(text) : 1;
  }
  return frozen;
}

int clock_gettime(clockid_t clock, struct timespec* out) {
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
    return (int)syscall(SYS_clock_gettime, clock, out);
  out->tv_sec = frozen_ms() / 1000;
  out->tv_nsec = frozen_ms() % 1000 * 1000000;
  return 0;
}

int gettimeofday(struct timeval* restrict out, void* restrict zone) {
  (void)zone;
  out->tv_sec = frozen_ms() / 1000;
  out->tv_usec = frozen_ms() % 1000 * 1000;
  return 0;
}

time_t time(time_t* out) {
  const time_t now = frozen_ms() / 1000;
  if (out) *out = now;
  return now;
}
