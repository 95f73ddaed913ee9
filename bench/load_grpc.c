/* A small closed-loop gRPC load generator over HTTP/2 (RFC 9113); load.h says how it is called.
 *
 * A request is a frame of headers and one of data; the number of their stream is filled in here.
 * One call at a time on each connection. An answer is all messages up to the end of its stream; one
 * without any has failed, since a status that is not OK comes in place of a message. Headers of
 * answers are not read: so there is no HPACK here, only a table of no size.
 */
#include "load.h"

enum { FRAME_HEAD = 9, PREFIX = 5, INPUT_LIMIT = 1 << 20, OUTPUT_LIMIT = 1 << 16 };
enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, PING = 6, GOAWAY = 7, WINDOW_UPDATE = 8 };
enum { ACK = 1, END_STREAM = 1, PADDED = 8, PING_SIZE = 8, WINDOW_SIZE = 4 };

/* Windows that never close while one answer is read; that of the connection is opened again. */
static const uint32_t WINDOW = 0x7fffffff, FIRST_WINDOW = 65535, REOPENED = 1 << 28;

static const char PREFACE[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

typedef struct {
    int fd;
    uint32_t stream;
    char *input, *output;
    size_t received, waiting; /* bytes of input and of output */
    unsigned char prefix[PREFIX];
    size_t prefix_size, size, left; /* of the message that is being read */
    size_t messages;          /* of the answer so far */
    uint32_t consumed;        /* bytes of the connection's window */
    uint64_t started;
} Connection;

static void put32(char *at, uint32_t value) {
    value = htonl(value);
    memcpy(at, &value, sizeof value);
}

static uint32_t get32(const void *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return ntohl(value);
}

static void flush(Connection *c) {
    size_t sent = 0;
    while (sent < c->waiting) {
        ssize_t n = send(c->fd, c->output + sent, c->waiting - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) break; /* full: EPOLLOUT will follow; broken: reading will tell */
        sent += (size_t)n;
    }
    c->waiting -= sent;
    memmove(c->output, c->output + sent, c->waiting);
}

static char *room(Connection *c, size_t size) {
    if (c->waiting + size > OUTPUT_LIMIT) die("the server does not read");
    char *at = c->output + c->waiting;
    c->waiting += size;
    return at;
}

static void put_frame(Connection *c, int type, int flags, const char *payload, uint32_t size) {
    char *at = room(c, FRAME_HEAD + size);
    put32(at, size << 8 | (uint32_t)type);
    at[4] = (char)flags;
    put32(at + 5, 0);
    if (size > 0) memcpy(at + FRAME_HEAD, payload, size);
}

static void put_window(Connection *c, uint32_t more) {
    char size[WINDOW_SIZE];
    put32(size, more);
    put_frame(c, WINDOW_UPDATE, 0, size, sizeof size);
}

static void send_next(Connection *c) {
    const Request *request = take_request();
    c->stream += 2;
    c->messages = c->prefix_size = c->left = 0;
    char *at = room(c, request->length);
    memcpy(at, request->bytes, request->length);
    size_t first = get32(at) >> 8;
    put32(at + 5, c->stream);
    put32(at + FRAME_HEAD + first + 5, c->stream);
    c->started = now();
    flush(c);
}

static void reopen(Connection *c) {
    static const char settings[] = {0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 4, 0x7f, -1, -1, -1};
    if (c->fd != 0) close(c->fd);
    c->received = c->waiting = 0;
    c->consumed = 0;
    c->stream = (uint32_t)-1;
    memcpy(room(c, sizeof PREFACE - 1), PREFACE, sizeof PREFACE - 1);
    put_frame(c, SETTINGS, 0, settings, sizeof settings);
    put_window(c, WINDOW - FIRST_WINDOW);
    c->fd = dial(c);
    send_next(c);
}

static void open_connection(void) {
    Connection *c = checked(calloc(1, sizeof *c));
    c->input = checked(malloc(INPUT_LIMIT));
    c->output = checked(malloc(OUTPUT_LIMIT));
    reopen(c);
}

/* Counts the messages whose bytes these are: each has five bytes before it, which tell its size. */
static void count_messages(Connection *c, const char *at, size_t size) {
    while (size > 0) {
        size_t taken;
        if (c->prefix_size < PREFIX) {
            taken = PREFIX - c->prefix_size < size ? PREFIX - c->prefix_size : size;
            memcpy(c->prefix + c->prefix_size, at, taken);
            c->prefix_size += taken;
            if (c->prefix_size == PREFIX) c->left = c->size = get32(c->prefix + 1);
        } else {
            taken = c->left < size ? c->left : size;
            c->left -= taken;
        }
        if (c->prefix_size == PREFIX && c->left == 0) {
            c->messages++;
            count_message(c->size);
            c->prefix_size = 0;
        }
        at += taken;
        size -= taken;
    }
}

static void consume(Connection *c, uint32_t size) {
    c->consumed += size;
    if (c->consumed < REOPENED) return;
    put_window(c, c->consumed);
    c->consumed = 0;
}

static void finish(Connection *c) {
    if (c->messages == 0 && failed++ == 0) fprintf(stderr, "a call was answered without a message\n");
    count_answer(c->started, c->messages);
    send_next(c);
}

/* Goes on after one frame. False where the connection cannot be used any more. */
static bool take_frame(Connection *c, int type, int flags, uint32_t stream, const char *payload,
                       uint32_t size) {
    switch (type) {
    case DATA:
        if (flags & PADDED) die("padding is not understood");
        consume(c, size);
        count_messages(c, payload, size);
        break;
    case SETTINGS:
        if (!(flags & ACK)) put_frame(c, SETTINGS, ACK, NULL, 0);
        return true;
    case PING:
        if (!(flags & ACK)) put_frame(c, PING, ACK, payload, PING_SIZE);
        return true;
    case RST_STREAM:
        c->messages = 0;
        break;
    case GOAWAY:
        return false;
    case HEADERS:
        break;
    default:
        return true;
    }
    if (stream == c->stream && (type == RST_STREAM || flags & END_STREAM)) finish(c);
    return true;
}

static bool take_frames(Connection *c) {
    size_t at = 0;
    bool usable = true;
    while (usable && c->received - at >= FRAME_HEAD) {
        const char *head = c->input + at;
        uint32_t size = get32(head) >> 8;
        if (size > INPUT_LIMIT - FRAME_HEAD) die("a frame is too large");
        if (c->received - at < FRAME_HEAD + size) break;
        usable = take_frame(c, head[3], head[4], get32(head + 5), head + FRAME_HEAD, size);
        at += FRAME_HEAD + size;
    }
    c->received -= at;
    memmove(c->input, c->input + at, c->received);
    flush(c);
    return usable;
}

static void receive(Connection *c) {
    for (;;) {
        ssize_t n = recv(c->fd, c->input + c->received, INPUT_LIMIT - c->received, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n > 0) c->received += (size_t)n;
        if (n <= 0 || !take_frames(c)) {
            count_broken();
            reopen(c);
            return;
        }
    }
}

static void ready(void *connection, uint32_t events) {
    if (events & EPOLLOUT) flush(connection);
    if (events & ~(uint32_t)EPOLLOUT) receive(connection);
}

int main(int argc, char **argv) {
    return run(argc, argv, open_connection, ready);
}
