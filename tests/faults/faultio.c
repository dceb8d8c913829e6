// Preloaded library that makes file operations below one directory fail on command.
// Use:   FAULTIO_DIR=/data FAULTIO_RULES=/tmp/rules LD_PRELOAD=./faultio.so SERVER
// Rules file, read anew at each operation below the directory (absent or empty: no fault), one rule a line:
//   OP WHAT [SKIP]    OP: open read write sync rename unlink    SKIP: let the first SKIP such operations of the process pass
//   WHAT: an error number, or "short" (half is written or read), "flip" (one bit is wrong), "lie" (sync: done, they say), "slow" (200 ms)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NONE, FAIL, SHORT, FLIP, LIE };
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int below(const char* path) {
    static const char* dir; static size_t n;
    if (!dir) { dir = getenv("FAULTIO_DIR"); if (!dir) dir = "\1"; n = strlen(dir); }
    return strncmp(path, dir, n) == 0;
}
static int fault(const char* op) {
    static long seen[6]; static const char* names[] = {"open", "read", "write", "sync", "rename", "unlink"};
    const char* rules = getenv("FAULTIO_RULES");
    int saved = errno, fd = rules ? REAL(open)(rules, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) { errno = saved; return NONE; }
    char buf[512]; ssize_t got = REAL(read)(fd, buf, sizeof buf - 1); REAL(close)(fd);
    buf[got > 0 ? got : 0] = 0; errno = saved;
    for (char *save, *line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char o[16] = "", what[16] = ""; long skip = 0;
        if (sscanf(line, "%15s %15s %ld", o, what, &skip) < 2 || strcmp(o, op)) continue;
        for (int i = 0; i < 6; i++)
            if (!strcmp(names[i], op) && __atomic_add_fetch(&seen[i], 1, __ATOMIC_RELAXED) <= skip) return NONE;
        if (!strcmp(what, "short")) return SHORT;
        if (!strcmp(what, "flip")) return FLIP;
        if (!strcmp(what, "lie")) return LIE;
        if (!strcmp(what, "slow")) { usleep(200000); return NONE; }
        errno = atoi(what); return FAIL;
    }
    return NONE;
}
static int fd_fault(int fd, const char* op) {
    char link[64], path[4096]; int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (n <= 0) return NONE;
    path[n] = 0;
    return below(path) ? fault(op) : NONE;
}
#define OUT(n, call, half, flipped) \
    switch (fd_fault(fd, "write")) { case FAIL: return -1; case SHORT: if (n > 1) return half; return call; \
        case FLIP: { char* c = malloc(n ? n : 1); memcpy(c, b, n); if (n) c[n / 2] ^= 1; ssize_t r = flipped; int e = errno; free(c); errno = e; return r; } } return call;
ssize_t write(int fd, const void* b, size_t n) { OUT(n, REAL(write)(fd, b, n), REAL(write)(fd, b, n / 2), REAL(write)(fd, c, n)) }
ssize_t pwrite(int fd, const void* b, size_t n, off_t o) { OUT(n, REAL(pwrite)(fd, b, n, o), REAL(pwrite)(fd, b, n / 2, o), REAL(pwrite)(fd, c, n, o)) }
ssize_t pwrite64(int fd, const void* b, size_t n, off64_t o) { OUT(n, REAL(pwrite64)(fd, b, n, o), REAL(pwrite64)(fd, b, n / 2, o), REAL(pwrite64)(fd, c, n, o)) }
ssize_t writev(int fd, const struct iovec* v, int k) { int f = fd_fault(fd, "write"); if (f == FAIL) return -1; return REAL(writev)(fd, v, f == SHORT && k > 1 ? k / 2 : k); }
ssize_t pwritev(int fd, const struct iovec* v, int k, off_t o) { int f = fd_fault(fd, "write"); if (f == FAIL) return -1; return REAL(pwritev)(fd, v, f == SHORT && k > 1 ? k / 2 : k, o); }
#define IN(call, half) int f = fd_fault(fd, "read"); if (f == FAIL) return -1; \
    ssize_t r = f == SHORT && n > 1 ? half : call; if (f == FLIP && r > 0) ((char*)b)[r / 2] ^= 1; return r;
ssize_t read(int fd, void* b, size_t n) { IN(REAL(read)(fd, b, n), REAL(read)(fd, b, n / 2)) }
ssize_t pread(int fd, void* b, size_t n, off_t o) { IN(REAL(pread)(fd, b, n, o), REAL(pread)(fd, b, n / 2, o)) }
ssize_t pread64(int fd, void* b, size_t n, off64_t o) { IN(REAL(pread64)(fd, b, n, o), REAL(pread64)(fd, b, n / 2, o)) }
#define SYNC(call) switch (fd_fault(fd, "sync")) { case FAIL: return -1; case LIE: return 0; } return call;
int fsync(int fd) { SYNC(REAL(fsync)(fd)) }
int fdatasync(int fd) { SYNC(REAL(fdatasync)(fd)) }
int syncfs(int fd) { SYNC(REAL(syncfs)(fd)) }
int rename(const char* a, const char* b) { return below(b) && fault("rename") == FAIL ? -1 : REAL(rename)(a, b); }
int renameat(int x, const char* a, int y, const char* b) { return fd_fault(y, "rename") == FAIL ? -1 : REAL(renameat)(x, a, y, b); }
int renameat2(int x, const char* a, int y, const char* b, unsigned g) { return fd_fault(y, "rename") == FAIL ? -1 : REAL(renameat2)(x, a, y, b, g); }
int unlink(const char* a) { return below(a) && fault("unlink") == FAIL ? -1 : REAL(unlink)(a); }
int unlinkat(int x, const char* a, int g) { return fd_fault(x, "unlink") == FAIL ? -1 : REAL(unlinkat)(x, a, g); }
#define MODE mode_t m = 0; if (g & (O_CREAT | O_TMPFILE)) { va_list l; va_start(l, g); m = va_arg(l, mode_t); va_end(l); }
int open(const char* a, int g, ...) { MODE return below(a) && fault("open") == FAIL ? -1 : REAL(open)(a, g, m); }
int open64(const char* a, int g, ...) { MODE return below(a) && fault("open") == FAIL ? -1 : REAL(open64)(a, g, m); }
int openat(int x, const char* a, int g, ...) { MODE return below(a) && fault("open") == FAIL ? -1 : REAL(openat)(x, a, g, m); }
