// Leaving the caller. See clinux_daemon.h.
#define _GNU_SOURCE
#include "clinux_daemon.h"

#include "clinux_service.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Where the caller waits for the exit code, and what takes the place of its standard error then. Opened
// early: after a chroot there may be no /dev/null.
static int report_pipe = -1;
static int null_device = -1;
static pid_t first_id = 0;

void clinux_open_missing_standard_streams(void) {
    int descriptor;
    do descriptor = open("/dev/null", O_RDONLY); while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    if (descriptor > STDERR_FILENO) close(descriptor);
}

// What the caller left open: the lock of its script, or a pipe whose end somebody waits for.
static void close_from(int first) {
    struct rlimit limit = {0, 0};
#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, ~0U, 0) == 0) return;   // Linux 5.9
#endif
    getrlimit(RLIMIT_NOFILE, &limit);
    for (int descriptor = first; descriptor < 65536 && (rlim_t)descriptor < limit.rlim_cur; descriptor++) {
        close(descriptor);
    }
}

// The first process: waits for the new one's word.
static clinux_detach_result wait_for_report(int pipe, pid_t child, int *code) {
    unsigned char byte;
    ssize_t count;
    // The process in between ends at once.
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) { }
    do count = read(pipe, &byte, 1); while (count < 0 && errno == EINTR);
    close(pipe);
    if (count != 1) return CLINUX_DETACH_CALLER_ALONE;
    *code = byte;
    return CLINUX_DETACH_CALLER;
}

// The second process: makes the third, which leads no session and so never gets a terminal.
static clinux_detach_result leave(int pipe, int *code) {
    setsid();
    pid_t child = fork();
    if (child > 0) _exit(0);
    if (child < 0) {
        *code = -errno;
        return CLINUX_DETACH_FAILED;
    }
    report_pipe = pipe;
    // A caller that is gone is told by the result of the write.
    signal(SIGPIPE, SIG_IGN);
    null_device = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null_device >= 0) {
        dup2(null_device, STDOUT_FILENO);
    }
    return CLINUX_DETACH_SERVER;
}

clinux_detach_result clinux_detach(int kept, int *code) {
    int ends[2];
    pid_t child = -1;
    close_from(STDERR_FILENO + 1 + kept);
    first_id = getpid();
    if (pipe2(ends, O_CLOEXEC) == 0) child = fork();
    if (child < 0) {
        *code = -errno;
        return CLINUX_DETACH_FAILED;
    }
    close(ends[child == 0 ? 0 : 1]);
    return child == 0 ? leave(ends[1], code) : wait_for_report(ends[0], child, code);
}

int32_t clinux_process_first_id(void) { return first_id != 0 ? first_id : getpid(); }

int clinux_detach_is_awaited(void) { return report_pipe >= 0; }

int clinux_detach_report(int exit_code) {
    unsigned char byte = (unsigned char)exit_code;
    if (report_pipe < 0) return 0;
    // Nothing may follow on standard error when the caller is told.
    if (exit_code == 0 && null_device >= 0) {
        // Until here a file may be read from it.
        dup2(null_device, STDIN_FILENO);
        dup2(null_device, STDERR_FILENO);
    }
    int result = write(report_pipe, &byte, 1) == 1 ? 0 : -errno;
    close(report_pipe);
    if (null_device >= 0) close(null_device);
    report_pipe = null_device = -1;
    return result;
}
