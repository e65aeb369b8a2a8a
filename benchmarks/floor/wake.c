// What waking costs on this machine: one thread hands a piece of work to another, which sleeps, and sleeps
// itself until that is done. Nothing that computes on a thread of its own and does not spin can cost less.
//
//   wake WORK_US ROUNDS     prints the median round trip, less the work, as JSON
#define _GNU_SOURCE

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static int posted = 0;
static int done[2];
static double work_us;

static double now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void* worker(void* unused) {
  for (;;) {
    pthread_mutex_lock(&mutex);
    while (!posted) pthread_cond_wait(&wake, &mutex);
    posted = 0;
    pthread_mutex_unlock(&mutex);
    const double end = now_us() + work_us;
    while (now_us() < end) {
    }
    if (write(done[1], "x", 1) != 1) abort();
  }
  return unused;
}

static int compare(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

int main(int argc, char** argv) {
  if (argc != 3 || pipe(done) != 0) return 1;
  work_us = atof(argv[1]);
  const int rounds = atoi(argv[2]);
  double* times = malloc(sizeof(double) * (size_t)rounds);
  pthread_t thread;
  pthread_create(&thread, NULL, worker, NULL);
  for (int round = 0; round < rounds; round++) {
    const double start = now_us();
    pthread_mutex_lock(&mutex);
    posted = 1;
    pthread_mutex_unlock(&mutex);
    pthread_cond_signal(&wake);
    struct pollfd event = {done[0], POLLIN, 0};
    char byte;
    if (poll(&event, 1, -1) != 1 || read(done[0], &byte, 1) != 1) return 1;
    times[round] = now_us() - start - work_us;
  }
  qsort(times, (size_t)rounds, sizeof(double), compare);
  printf("{\"p50Us\":%.2f}\n", times[rounds / 2]);
  return 0;
}
