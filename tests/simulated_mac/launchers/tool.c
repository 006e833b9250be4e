/* Copyright (c) 2026, the azure_p2s.macos contributors
 * GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every command line tool of a simulated Mac is a link to this program. It records the call, does what a fault asks for, refuses
 * what macOS's tool does not know, and then becomes the real tool or has a stand-in run (resident.py). A C program, because each
 * tool of each Mac starts with it: a shell or a Python program here costs more than most of the tools.
 *
 * base.py writes tools.h from tools.py: one row for each path, sorted as found.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HIDDEN "/.simulator/"
#define STATE HIDDEN "state/"

enum kind {
    REAL,     /* this machine's own program */
    STARTER,  /* the same, but it starts others, which are this Mac's */
    SHELL,
    SCRIPT,   /* a stand-in in sh, under launchers/ */
    STAND_IN, /* a stand-in in Python, under inside/ */
};

struct tool {
    const char *path;
    enum kind kind;
    const char *program; /* of a STAND_IN module:function */
    const char *options; /* as getopt(3) takes them; "*" leaves them to the tool */
};

#include "tools.h"

extern char **environ;
static const struct tool *tool;
static const char *name;

static void *memory(size_t size)
{
    void *result = malloc(size);
    if (!result) {
        dprintf(2, "simulated Mac: no memory\n");
        exit(70);
    }
    return result;
}

static void find_tool(void)
{
    char path[4096];
    /* Not argv[0], which says whatever the caller likes. */
    ssize_t length = readlink(HIDDEN "proc/self/exe", path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    for (tool = TOOLS; tool->path; tool++)
        if (!strcmp(tool->path, path)) {
            name = strrchr(tool->path, '/') + 1;
            return;
        }
    dprintf(2, "simulated Mac: %s is no tool\n", path);
    exit(70);
}

static char *append(char *end, const char *text)
{
    size_t length = strlen(text);
    memcpy(end, text, length);
    return end + length;
}

/* Unit, group and record separators keep arguments, environment and calls apart. One write, so that calls do not mix. */
static void record_call(int argc, char **argv)
{
    size_t size = strlen(tool->path) + 3;
    for (int i = 1; i < argc; i++)
        size += strlen(argv[i]) + 1;
    for (char **variable = environ; *variable; variable++)
        size += strlen(*variable) + 1;
    char *text = memory(size), *end = append(text, tool->path);
    for (int i = 1; i < argc; i++) {
        *end++ = '\x1f';
        end = append(end, argv[i]);
    }
    *end++ = '\x1d';
    for (char **variable = environ; *variable; variable++) {
        end = append(end, *variable);
        *end++ = '\n';
    }
    *end++ = '\x1e';
    int calls = open(STATE "calls", O_WRONLY | O_APPEND | O_CLOEXEC);
    if (calls < 0 || write(calls, text, end - text) != end - text) {
        dprintf(2, "simulated Mac: the call of %s could not be recorded\n", tool->path);
        exit(70);
    }
    close(calls);
    free(text);
}

/* Return {first..., argv[1]...}, as execv(2) takes it. */
static char **command(const char **first, int argc, char **argv)
{
    int count = 0;
    while (first[count])
        count++;
    char **result = memory((count + argc) * sizeof *result);
    memcpy(result, first, count * sizeof *result);
    memcpy(result + count, argv + 1, argc * sizeof *result);
    return result;
}

static void become(char **arguments)
{
    execv(arguments[0], arguments);
    dprintf(2, "simulated Mac: %s: %s\n", arguments[0], strerror(errno));
    exit(70);
}

/* End as a process did that ended with this status of wait(2). */
static void end_as(int status)
{
    if (WIFSIGNALED(status)) {
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
        pause();
    }
    exit(WEXITSTATUS(status));
}

static int wait_for(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            exit(70);
    return status;
}

/* Run a script of launchers/, which gets the tool's name and arguments; return its status as wait(2) has it. */
static int run_script(const char *script, int argc, char **argv)
{
    pid_t child = fork();
    if (child == 0)
        become(command((const char *[]){HIDDEN "bin/sh", script, name, 0}, argc, argv));
    return child < 0 ? 70 << 8 : wait_for(child);
}

static int exists(const char *folder, const char *file)
{
    char path[4096];
    return snprintf(path, sizeof path, "%s%s", folder, file) < (int)sizeof path && access(path, F_OK) == 0;
}

/* A fault that was set from outside; those of stand-ins in Python are theirs. fault.sh says by its status what is to happen. */
static void misbehave(int argc, char **argv)
{
    if (!exists(STATE "faults/", name))
        return;
    int status = run_script(HIDDEN "lib/fault.sh", argc, argv);
    if (WIFEXITED(status))
        switch (WEXITSTATUS(status)) {
        case 100: /* nothing is wrong */
            return;
        case 101: /* hang */
            for (;;)
                pause();
        case 102: /* sleep: time limits that count seconds come soon */
            become((char *[]){HIDDEN "bin/sleep", "0.1", 0});
        }
    end_as(status);
}

static void refuse_options(int argc, char **argv)
{
    if (!strcmp(tool->options, "*"))
        return;
    char letters[256];
    snprintf(letters, sizeof letters, "+:%s", tool->options);
    int usage = strcmp(name, "grep") ? 64 : 2, flag;
    while ((flag = getopt(argc, argv, letters)) != -1)
        if (flag == '?' || flag == ':') {
            dprintf(2, flag == '?' ? "%s: illegal option -- %c\n" : "%s: option requires an argument -- %c\n", name, optopt);
            dprintf(2, "usage: %s [-%s] ...\n", name, tool->options);
            exit(usage);
        }
}

/* What only GNU's take among operands and options' arguments. */
static void refuse_forms(int argc, char **argv)
{
    if (!strcmp(name, "sleep") && (argc != 2 || !*argv[1] || argv[1][strspn(argv[1], "0123456789.")])) {
        dprintf(2, "usage: sleep seconds\n");
        exit(1);
    }
    static const char *const checked[] = {"find", "head", "expr", "dd", "touch", "od", 0};
    for (const char *const *each = checked; *each; each++)
        if (!strcmp(*each, name)) {
            int status = run_script(HIDDEN "lib/gnu.sh", argc, argv);
            if (status)
                end_as(status);
        }
}

/* Protected by the system, even from root; or SSH has not been given Full Disk Access. */
static void refuse_protected(int argc, char **argv)
{
    static const char *const harmless[] = {"echo", "printf", "expr", "test", "[", "env", "sudo", "nohup", "xargs", 0};
    if (tool->kind == SHELL)
        return;
    for (const char *const *each = harmless; *each; each++)
        if (!strcmp(*each, name))
            return;
    static const char preferences[] = "/Library/Preferences/com.apple.networkextension.", store[] = "/var/db/ConfigurationProfiles/";
    for (int i = 1; i < argc; i++)
        if (!strncmp(argv[i], preferences, sizeof preferences - 1) || !strncmp(argv[i], store, sizeof store - 1) ||
            (strstr(argv[i], "/Library/Keychains/") && exists(STATE, "no-full-disk-access"))) {
            dprintf(2, "%s: %s: Operation not permitted\n", name, argv[i]);
            exit(1);
        }
}

/* Write what the tool prints; how a full disk ends it is for the caller to say. */
static int put(int descriptor, const char *text, size_t size)
{
    while (size) {
        ssize_t more = write(descriptor, text, size);
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return -1;
        text += more;
        size -= more;
    }
    return 0;
}

/* base64 without options, as every remote script calls it: standard input in one line. */
static void encode(void)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static char in[3 << 14], out[4 << 14];
    for (;;) {
        size_t got = 0;
        ssize_t more;
        while (got < sizeof in && (more = read(0, in + got, sizeof in - got)) != 0) {
            if (more < 0 && errno != EINTR)
                exit(66);
            got += more < 0 ? 0 : more;
        }
        size_t written = 0;
        for (size_t i = 0; i < got; i += 3) {
            uint32_t bits = 0;
            for (size_t j = 0; j < 3; j++)
                bits = bits << 8 | (i + j < got ? (unsigned char)in[i + j] : 0);
            for (size_t j = 0; j < 4; j++)
                out[written++] = j > got - i ? '=' : letters[bits >> (18 - 6 * j) & 63];
        }
        if (put(1, out, written))
            exit(1);
        if (got < sizeof in)
            exit(put(1, "\n", 1) ? 1 : 0);
    }
}

/* What every remote script calls is done here, in its plain form: this machine's own would be a second program to start each time.
 * What goes wrong with cp and rm is left to that one. */
static void concatenate(int count, char **files)
{
    static char text[1 << 16];
    int status = 0;
    for (int i = 0; i < (count ? count : 1); i++) {
        int is_file = count && strcmp(files[i], "-");
        int file = is_file ? open(files[i], O_RDONLY | O_CLOEXEC) : 0;
        ssize_t got = file < 0 ? -1 : 1;
        while (got > 0) {
            while ((got = read(file, text, sizeof text)) < 0 && errno == EINTR)
                ;
            if (got > 0 && put(1, text, got)) {
                dprintf(2, "%s: stdout: %s\n", name, strerror(errno));
                exit(1);
            }
        }
        if (got < 0) {
            dprintf(2, "%s: %s: %s\n", name, is_file ? files[i] : "stdin", strerror(errno));
            status = 1;
        }
        if (is_file && file >= 0)
            close(file);
    }
    exit(status);
}

static void wait_seconds(const char *number)
{
    double seconds = strtod(number, 0);
    struct timespec left = {(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)};
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
    exit(0);
}

static void copy(const char *from, const char *to)
{
    static char text[1 << 16];
    struct stat file, target;
    if (stat(from, &file) || !S_ISREG(file.st_mode) || (!stat(to, &target) && !S_ISREG(target.st_mode)) ||
        (file.st_dev == target.st_dev && file.st_ino == target.st_ino))
        return;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return;
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, file.st_mode & 0777);
    ssize_t got = -1;
    while (out >= 0 && (got = read(in, text, sizeof text)) > 0 && !put(out, text, got))
        ;
    if (got == 0 && close(out) == 0)
        exit(0);
    close(in);
}

static int remove_entry(const char *path, const struct stat *file, int kind, struct FTW *place)
{
    (void)file, (void)place;
    return kind == FTW_DP ? rmdir(path) : unlink(path);
}

static void remove_trees(int count, char **paths)
{
    for (int i = 0; i < count; i++)
        if (strncmp(paths[i], "/tmp/", 5) || strstr(paths[i], "/..") || (nftw(paths[i], remove_entry, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT))
            return;
    exit(0);
}

static void send_all(int connection, const char *text, size_t size)
{
    while (size) {
        ssize_t sent = send(connection, text, size, MSG_NOSIGNAL);
        if (sent <= 0)
            exit(70);
        text += sent;
        size -= sent;
    }
}

static size_t receive(int connection, void *buffer, size_t size)
{
    size_t got = 0;
    while (got < size) {
        ssize_t more = recv(connection, (char *)buffer + got, size - got, 0);
        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0)
            break;
        got += more;
    }
    return got;
}

static char *field(char *end, const char *text)
{
    end = append(end, text);
    *end++ = 0;
    return end;
}

/* What the stand-in has printed: its exit status, the length of its standard output, that, and its standard error. */
static void put_output(const char *text, size_t size)
{
    int32_t status;
    uint32_t length;
    memcpy(&status, text, sizeof status);
    memcpy(&length, text + sizeof status, sizeof length);
    const char *out = text + sizeof status + sizeof length;
    signal(SIGPIPE, SIG_DFL);
    /* stderr first: it is not buffered. */
    put(2, out + length, size - (out - text) - length);
    if (put(1, out, length)) { /* a full disk */
        dprintf(2, "%s: stdout: %s\n", name, strerror(errno));
        exit(status ? status & 0xff : 1);
    }
    exit(status & 0xff);
}

/* The resident's answer: O and the output, R and the status of wait(2), or X and a command to become (launchctl asuser). */
static void obey(int connection)
{
    char kind;
    uint32_t number;
    if (receive(connection, &kind, 1) != 1 || receive(connection, &number, sizeof number) != sizeof number)
        exit(70); /* the Mac is being switched off */
    if (kind == 'R')
        end_as((int)number);
    char *text = memory(number + 1), *end = text + number;
    if (receive(connection, text, number) != number)
        exit(70);
    *end = 0;
    if (kind == 'O')
        put_output(text, number);
    char **arguments = memory((number + 2) * sizeof *arguments);
    int count = 0;
    for (char *word = text; word < end; word += strlen(word) + 1)
        arguments[count++] = word;
    arguments[count] = 0;
    execvp(arguments[0], arguments);
    dprintf(2, "Could not execute %s: %s\n", arguments[0], strerror(errno));
    exit(78);
}

/* Let resident.py run the stand-in as this process: with its descriptors, folder, environment and rights. Returns when it cannot. */
static void ask_resident(int argc, char **argv)
{
    int passed[4] = {0, 1, 2};
    for (int i = 0; i < 3; i++)
        if (fcntl(i, F_GETFD) < 0)
            return;
    /* Who has a terminal may be asked for a password there. */
    if (open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC) >= 0)
        return;
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {AF_UNIX, HIDDEN "run/tools"};
    passed[3] = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (connection < 0 || passed[3] < 0)
        return;
    if (connect(connection, (struct sockaddr *)&address, sizeof address) < 0) {
        if (errno != ECONNREFUSED)
            return;
        dprintf(2, "simulated Mac: the resident has died; see sshd.log\n");
        exit(70);
    }
    gid_t groups[256];
    int count = getgroups(256, groups);
    mode_t mask = umask(0);
    umask(mask);
    size_t size = strlen(tool->path) + strlen(tool->program) + 64 + 12 * (count > 0 ? count : 0);
    for (int i = 1; i < argc; i++)
        size += strlen(argv[i]) + 1;
    for (char **variable = environ; *variable; variable++)
        size += strlen(*variable) + 1;
    char *text = memory(size), *end = text + sizeof(uint32_t);
    end = field(field(end, tool->path), tool->program);
    end += sprintf(end, "%o", (unsigned)mask) + 1;
    for (int i = 0; i < count; i++)
        end += sprintf(end, "%u ", (unsigned)groups[i]);
    *end++ = 0;
    end += sprintf(end, "%d", argc - 1) + 1;
    for (int i = 1; i < argc; i++)
        end = field(end, argv[i]);
    for (char **variable = environ; *variable; variable++)
        end = field(end, *variable);
    uint32_t length = end - text - sizeof length;
    memcpy(text, &length, sizeof length);
    char room[CMSG_SPACE(sizeof passed)] = {0};
    struct iovec first = {text, sizeof length};
    struct msghdr message = {.msg_iov = &first, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof passed);
    memcpy(CMSG_DATA(header), passed, sizeof passed);
    if (sendmsg(connection, &message, MSG_NOSIGNAL) != sizeof length)
        exit(70);
    send_all(connection, text + sizeof length, length);
    obey(connection);
}

int main(int argc, char **argv)
{
    find_tool();
    record_call(argc, argv);
    if (tool->kind == STAND_IN) {
        ask_resident(argc, argv);
        become(command((const char *[]){PYTHON, "-IS", HIDDEN "lib/stand_in.py", tool->path, tool->program, 0}, argc, argv));
    }
    misbehave(argc, argv);
    refuse_options(argc, argv);
    refuse_forms(argc, argv);
    refuse_protected(argc, argv);
    char program[256];
    snprintf(program, sizeof program, HIDDEN "bin/%s", tool->program);
    /* As BSD's tools do, the real ones take no option after the first operand. */
    if (tool->kind == REAL)
        setenv("POSIXLY_CORRECT", "1", 1);
    else
        unsetenv("POSIXLY_CORRECT");
    if (!strcmp(tool->path, "/bin/zsh")) {
        /* The private temporary folder of the user, as confstr(_CS_DARWIN_USER_TEMP_DIR) gives it. */
        char folder[64];
        snprintf(folder, sizeof folder, "/var/folders/zz/%u/T/", (unsigned)geteuid());
        setenv("TMPDIR", folder, 1);
    }
    if (!strcmp(name, "base64") && argc == 1)
        encode();
    if (!strcmp(name, "cat") && optind == 1)
        concatenate(argc - 1, argv + 1);
    if (!strcmp(name, "sleep"))
        wait_seconds(argv[1]);
    if (!strcmp(name, "cp") && optind == 1 && argc == 3)
        copy(argv[1], argv[2]);
    if (!strcmp(name, "rm") && argc > 2 && !strcmp(argv[1], "-rf") && optind == 2)
        remove_trees(argc - 2, argv + 2);
    if (tool->kind == SCRIPT) {
        snprintf(program, sizeof program, HIDDEN "lib/%s", tool->program);
        become(command((const char *[]){HIDDEN "bin/sh", program, 0}, argc, argv));
    }
    if (tool->kind == SHELL && !strcmp(tool->path, "/bin/sh"))
        become(command((const char *[]){program, "--posix", 0}, argc, argv));
    if (!strcmp(name, "ls")) { /* GNU's ends with 2 for an operand that is not there */
        pid_t child = fork();
        if (child > 0) {
            int status = wait_for(child);
            end_as(WIFEXITED(status) && WEXITSTATUS(status) ? 1 << 8 : status);
        }
    }
    char **arguments = command((const char *[]){program, 0}, argc, argv);
    if (tool->kind == REAL)
        arguments[0] = (char *)name; /* what its messages begin with */
    execv(program, arguments);
    dprintf(2, "simulated Mac: %s: %s\n", program, strerror(errno));
    return 70;
}
