/* What the load generators share: prepared requests, the closed loop, what is counted.
 *
 *   PROGRAM PORT REQUESTS CONNECTIONS WARMUP_SECONDS SECONDS FIRST
 *
 * REQUESTS is a file of complete requests, each preceded by its length (32 bits, little
 * endian). Every connection sends the next one, from number FIRST on and round again, as soon
 * as it has read the whole answer to the one before. After the warm-up the program writes the
 * line "measuring"; at the end one line of JSON: requests answered, messages read, the fewest and
 * the most of them in one answer, answers that say that something went wrong, connections that
 * broke, seconds, bytes read, CPU seconds of its own, and latencies in microseconds. One thread,
 * epoll, loopback only.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BROKEN_LIMIT = 1000, EVENTS = 256 };

typedef struct {
    const char *bytes;
    uint32_t length;
} Request;

static struct sockaddr_in server;
static int poller;
static Request *requests;
static size_t request_count, next_request;
static uint32_t *latencies; /* microseconds */
static size_t answered, latency_room, failed, broken, bytes_read;
static size_t messages, fewest = SIZE_MAX, most;
static bool measuring;

static void die(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void *checked(void *memory) {
    if (memory == NULL) die("out of memory");
    return memory;
}

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static double cpu_seconds(void) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void read_requests(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) die(path);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file), at = 0, room = 0;
    rewind(file);
    char *bytes = checked(malloc(size));
    if (fread(bytes, 1, size, file) != size) die(path);
    fclose(file);
    while (at + sizeof(uint32_t) <= size) {
        uint32_t length;
        memcpy(&length, bytes + at, sizeof length);
        at += sizeof length;
        if (length == 0 || length > size - at) break;
        if (request_count == room) {
            room = room ? room * 2 : 1024;
            requests = checked(realloc(requests, room * sizeof *requests));
        }
        requests[request_count++] = (Request){bytes + at, length};
        at += length;
    }
    if (at != size || request_count == 0) {
        fprintf(stderr, "load: %s is not a file of requests\n", path);
        exit(2);
    }
}

/* The request that is sent next. */
static const Request *take_request(void) {
    const Request *request = &requests[next_request];
    next_request = (next_request + 1) % request_count;
    return request;
}

/* Connects, and has `connection` told of what happens. */
static int dial(void *connection) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) die("socket");
    if (connect(fd, (struct sockaddr *)&server, sizeof server) != 0) die("connect");
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
    return fd;
}

static void count_broken(void) {
    if (++broken > BROKEN_LIMIT) die("too many broken connections");
}

static void count_message(size_t bytes) {
    if (!measuring) return;
    messages++;
    bytes_read += bytes;
}

/* Counts an answer, whose messages are counted already. */
static void count_answer(uint64_t started, size_t of_messages) {
    if (!measuring) return;
    if (of_messages < fewest) fewest = of_messages;
    if (of_messages > most) most = of_messages;
    if (answered == latency_room) {
        latency_room = latency_room ? latency_room * 2 : 1 << 16;
        latencies = checked(realloc(latencies, latency_room * sizeof *latencies));
    }
    latencies[answered++] = (uint32_t)((now() - started) / 1000);
}

static void run_until(uint64_t end, void (*ready)(void *, uint32_t)) {
    struct epoll_event events[EVENTS];
    for (uint64_t at = now(); at < end; at = now()) {
        int wait = (int)((end - at) / 1000000u) + 1;
        int count = epoll_wait(poller, events, EVENTS, wait);
        for (int i = 0; i < count; i++) ready(events[i].data.ptr, events[i].events);
    }
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t percentile(double share) {
    return answered == 0 ? 0 : latencies[(size_t)((double)(answered - 1) * share)];
}

/* The whole program: `open` makes a connection and sends its first request, `ready` goes on. */
static int run(int argc, char **argv, void (*open)(void), void (*ready)(void *, uint32_t)) {
    if (argc != 7) {
        fprintf(stderr, "usage: %s PORT REQUESTS CONNECTIONS WARMUP_SECONDS SECONDS FIRST\n", argv[0]);
        return 2;
    }
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    read_requests(argv[2]);
    size_t connection_count = strtoul(argv[3], NULL, 10);
    double warmup = atof(argv[4]), seconds = atof(argv[5]);
    next_request = strtoul(argv[6], NULL, 10) % request_count;
    poller = epoll_create1(0);
    for (size_t i = 0; i < connection_count; i++) open();
    run_until(now() + (uint64_t)(warmup * 1e9), ready);
    printf("measuring\n");
    fflush(stdout);
    measuring = true;
    uint64_t start = now();
    double cpu = cpu_seconds();
    run_until(start + (uint64_t)(seconds * 1e9), ready);
    double taken = (double)(now() - start) / 1e9;
    cpu = cpu_seconds() - cpu;
    qsort(latencies, answered, sizeof *latencies, by_size);
    printf("{\"requests\": %zu, \"messages\": %zu, \"fewest\": %zu, \"most\": %zu, "
           "\"failed\": %zu, \"broken\": %zu, \"seconds\": %.6f, \"bytes\": %zu, "
           "\"cpu_seconds\": %.6f, \"p50_us\": %u, \"p90_us\": %u, \"p99_us\": %u, "
           "\"max_us\": %u}\n",
           answered, messages, fewest, most, failed, broken, taken, bytes_read, cpu,
           percentile(0.50), percentile(0.90), percentile(0.99), percentile(1.0));
    return 0;
}
