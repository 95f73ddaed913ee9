/* A small closed-loop HTTP/1.1 load generator; load.h says how it is called.
 *
 * An answer that is not 2xx, or one of GraphQL that tells of errors, has failed; the first of them
 * goes to standard error.
 */
#include "load.h"

enum { INPUT_LIMIT = 1 << 20, SHOWN = 600 };

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
    size_t head;
    size_t size; /* of head and body; 0 while the answer is not complete */
} Answer;

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
    c->request = take_request();
    c->sent = c->received = 0;
    c->started = now();
    send_rest(c);
}

static void reopen(Connection *c) {
    if (c->fd != 0) close(c->fd);
    c->fd = dial(c);
    send_next(c);
}

static void open_connection(void) {
    Connection *c = checked(calloc(1, sizeof *c));
    c->input = checked(malloc(INPUT_LIMIT));
    reopen(c);
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
    answer.head = head;
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

static bool is_good(const Connection *c, const Answer *answer) {
    static const char graphql[] = "POST /graphql ", errors[] = "\"errors\":";
    if (answer->status < 200 || answer->status > 299) return false;
    return c->request->length < sizeof graphql ||
           memcmp(c->request->bytes, graphql, sizeof graphql - 1) != 0 ||
           memmem(c->input + answer->head, answer->size - answer->head, errors,
                  sizeof errors - 1) == NULL;
}

static void record(const Connection *c, const Answer *answer) {
    if (!is_good(c, answer) && failed++ == 0) {
        int shown = c->received < SHOWN ? (int)c->received : SHOWN;
        fprintf(stderr, "%.*s\n-- to --\n%.*s\n", shown, c->input,
                (int)(strcspn(c->request->bytes, "\r")), c->request->bytes);
    }
    count_message(answer->size);
    count_answer(c->started, 1);
}

static void receive(Connection *c) {
    for (;;) {
        ssize_t n = recv(c->fd, c->input + c->received, INPUT_LIMIT - c->received, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) {
            count_broken();
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

static void ready(void *connection, uint32_t events) {
    if (events & EPOLLOUT) send_rest(connection);
    if (events & ~(uint32_t)EPOLLOUT) receive(connection);
}

int main(int argc, char **argv) {
    return run(argc, argv, open_connection, ready);
}
