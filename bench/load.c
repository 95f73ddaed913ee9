/* A small closed-loop HTTP/1.1 load generator.
 *
 *   load PORT REQUESTS CONNECTIONS WARMUP_SECONDS SECONDS FIRST
 *
 * REQUESTS is a file of complete requests, each preceded by its length (32 bits, little
 * endian). Every connection sends the next one, from number FIRST on and round again, as soon
 * as it has read the whole answer to the one before. After the warm-up the program writes the
 * line "measuring"; at the end one line of JSON: requests answered, answers that were not 2xx,
 * connections that broke, seconds, bytes read, CPU seconds of its own, and latencies in
 * microseconds. The first answer that was not 2xx goes to standard error. One thread, epoll,
 * loopback only.
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

enum { INPUT_LIMIT = 1 << 20, BROKEN_LIMIT = 1000, EVENTS = 256, SHOWN = 600 };

typedef struct {
    const char *bytes;
    uint32_t length;
} Request;

typedef struct {
    int fd;
    const Request *request;
    size_t sent;
    char *input;
    size_t received;
    uint64_t started;
} Connection;

typedef struct {
    int status;
    bool close;
    size_t size; /* of head and body; 0 while the answer is not complete */
} Answer;

static struct sockaddr_in server;
static int poller;
static Request *requests;
static size_t request_count, next_request;
static uint32_t *latencies; /* microseconds */
static size_t answered, latency_room, failed, broken, bytes_read;
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

static void send_rest(Connection *c) {
    while (c->sent < c->request->length) {
        ssize_t n = send(c->fd, c->request->bytes + c->sent, c->request->length - c->sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) {
            if (errno == EINTR) continue;
            return; /* full: EPOLLOUT will follow; broken: reading will tell */
        }
        c->sent += (size_t)n;
    }
}

static void send_next(Connection *c) {
    c->request = &requests[next_request];
    next_request = (next_request + 1) % request_count;
    c->sent = c->received = 0;
    c->started = now();
    send_rest(c);
}

static void open_connection(Connection *c) {
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0) die("socket");
    if (connect(c->fd, (struct sockaddr *)&server, sizeof server) != 0) die("connect");
    int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event) != 0) die("epoll_ctl");
    send_next(c);
}

static void reopen(Connection *c) {
    close(c->fd);
    open_connection(c);
}

/* The size of a chunked body that starts at `at`, or 0 while its end has not arrived. */
static size_t chunked_size(const char *input, size_t at, size_t received) {
    size_t start = at;
    for (;;) {
        const char *end = memmem(input + at, received - at, "\r\n", 2);
        if (end == NULL) return 0;
        size_t chunk = strtoul(input + at, NULL, 16);
        at = (size_t)(end - input) + 2 + chunk + 2;
        if (at > received) return 0;
        if (chunk == 0) return at - start;
    }
}

static Answer parse(const Connection *c) {
    Answer answer = {0};
    const char *end = memmem(c->input, c->received, "\r\n\r\n", 4);
    if (end == NULL) return answer;
    size_t head = (size_t)(end - c->input) + 4, body = 0;
    bool chunked = false;
    answer.status = c->received > 12 ? atoi(c->input + 9) : 0;
    const char *line = memmem(c->input, head, "\r\n", 2);
    while (line < end) {
        line += 2;
        if (strncasecmp(line, "content-length:", 15) == 0) body = strtoul(line + 15, NULL, 10);
        else if (strncasecmp(line, "transfer-encoding: chunked", 26) == 0) chunked = true;
        else if (strncasecmp(line, "connection: close", 17) == 0) answer.close = true;
        line = memmem(line, head - (size_t)(line - c->input), "\r\n", 2);
    }
    if (chunked) {
        body = chunked_size(c->input, head, c->received);
        answer.size = body == 0 ? 0 : head + body;
    } else if (c->received >= head + body) {
        answer.size = head + body;
    }
    return answer;
}

static void record(const Connection *c, const Answer *answer) {
    if (answer->status < 200 || answer->status > 299) {
        if (failed++ == 0) {
            int shown = c->received < SHOWN ? (int)c->received : SHOWN;
            fprintf(stderr, "%.*s\n-- to --\n%.*s\n", shown, c->input,
                    (int)(strcspn(c->request->bytes, "\r")), c->request->bytes);
        }
    }
    if (!measuring) return;
    if (answered == latency_room) {
        latency_room = latency_room ? latency_room * 2 : 1 << 16;
        latencies = checked(realloc(latencies, latency_room * sizeof *latencies));
    }
    latencies[answered++] = (uint32_t)((now() - c->started) / 1000);
    bytes_read += answer->size;
}

static void receive(Connection *c) {
    for (;;) {
        ssize_t n = recv(c->fd, c->input + c->received, INPUT_LIMIT - c->received, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) {
            if (++broken > BROKEN_LIMIT) die("too many broken connections");
            reopen(c);
            return;
        }
        c->received += (size_t)n;
        Answer answer = parse(c);
        if (answer.size == 0) {
            if (c->received == INPUT_LIMIT) die("an answer is too large");
            continue;
        }
        record(c, &answer);
        if (answer.close) {
            reopen(c);
            return;
        }
        send_next(c);
    }
}

static void run_until(uint64_t end) {
    struct epoll_event events[EVENTS];
    for (uint64_t at = now(); at < end; at = now()) {
        int wait = (int)((end - at) / 1000000u) + 1;
        int count = epoll_wait(poller, events, EVENTS, wait);
        for (int i = 0; i < count; i++) {
            Connection *c = events[i].data.ptr;
            if (events[i].events & EPOLLOUT) send_rest(c);
            if (events[i].events & ~(uint32_t)EPOLLOUT) receive(c);
        }
    }
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t percentile(double share) {
    return answered == 0 ? 0 : latencies[(size_t)((double)(answered - 1) * share)];
}

int main(int argc, char **argv) {
    if (argc != 7) {
        fprintf(stderr, "usage: load PORT REQUESTS CONNECTIONS WARMUP_SECONDS SECONDS FIRST\n");
        return 2;
    }
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    read_requests(argv[2]);
    size_t connection_count = strtoul(argv[3], NULL, 10);
    double warmup = atof(argv[4]), seconds = atof(argv[5]);
    next_request = strtoul(argv[6], NULL, 10) % request_count;
    poller = epoll_create1(0);
    Connection *connections = checked(calloc(connection_count, sizeof *connections));
    for (size_t i = 0; i < connection_count; i++) {
        connections[i].input = checked(malloc(INPUT_LIMIT));
        open_connection(&connections[i]);
    }
    run_until(now() + (uint64_t)(warmup * 1e9));
    printf("measuring\n");
    fflush(stdout);
    measuring = true;
    uint64_t start = now();
    double cpu = cpu_seconds();
    run_until(start + (uint64_t)(seconds * 1e9));
    double taken = (double)(now() - start) / 1e9;
    cpu = cpu_seconds() - cpu;
    qsort(latencies, answered, sizeof *latencies, by_size);
    printf("{\"requests\": %zu, \"failed\": %zu, \"broken\": %zu, \"seconds\": %.6f, \"bytes\": %zu, "
           "\"cpu_seconds\": %.6f, \"p50_us\": %u, \"p90_us\": %u, \"p99_us\": %u, \"max_us\": %u}\n",
           answered, failed, broken, taken, bytes_read, cpu, percentile(0.50), percentile(0.90),
           percentile(0.99), percentile(1.0));
    return 0;
}
