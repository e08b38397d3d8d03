#include "assert.h"

#include "array_file.h"
#include "atomic_file.h"
#include "frail_memory.h"
#include "npy.h"
#include "process.h"
#include "text_array.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FILES "tests/golden/array_files/"

enum { PATH_SIZE = 600 };

/* Where a test may write: a directory of its own. */
static char directory[PATH_SIZE / 2];

static void make_directory(void)
{
    snprintf(directory, sizeof directory, "%s", BUILD "/array_write_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

/* Counts what is in the directory, hidden files too. */
static int count_files(void)
{
    int count = 0;
    DIR *listing = opendir(directory);
    ck_assert_ptr_nonnull(listing);
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(listing);
    return count;
}

/* Removes the directory, and makes sure that it holds what the test expects and no more. */
static void remove_directory(int files)
{
    ck_assert_int_eq(count_files(), files);
    Outcome outcome = process_run(&(Command){.words = {"/bin/rm", "-rf", directory}});
    ck_assert_int_eq(outcome.status, 0);
    outcome_free(&outcome);
}

/* The path of a file in the directory; the eighth call uses the first one's store again. */
static const char *in(const char *name)
{
    static char paths[8][PATH_SIZE];
    static size_t next;
    char *path = paths[next++ % 8];
    snprintf(path, PATH_SIZE, "%s/%s", directory, name);
    return path;
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static size_t get(const char *path, unsigned char *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is there", path);
    size_t count = fread(bytes, 1, size, file);
    fclose(file);
    return count;
}

static void assert_holds(const char *path, const char *expected)
{
    unsigned char bytes[PATH_SIZE];
    bytes[get(path, bytes, sizeof bytes - 1)] = '\0';
    ck_assert_str_eq((const char *)bytes, expected);
}

static unsigned mode_of(const char *path)
{
    struct stat entry;
    ck_assert_int_eq(stat(path, &entry), 0);
    return entry.st_mode & 0777;
}

/* Element i is i / 8 - 1, as in the golden files. */
static Array numbers(size_t dims, size_t a, size_t b)
{
    static float data[6000];
    for (size_t i = 0; i < 6000; i++)
        data[i] = (float)i / 8 - 1;
    return (Array){data, dims, {a, b}};
}

static const char SMALL_TEXT[] = "-1 -0.875 -0.75\n-0.625 -0.5 -0.375\n";

static Array small(void)
{
    return numbers(2, 2, 3);
}

static Status write_one(const char *path, Array array)
{
    return array_write(&(ArrayOutput){path, array}, 1);
}

static Status is_writable(const char *path)
{
    return array_expect_writable(&(ArrayOutput){path, NO_ARRAY}, 1);
}

static Status write_two(const char *path, const char *other_path)
{
    ArrayOutput outputs[] = {{path, small()}, {other_path, numbers(2, 3, 2)}};
    return array_write(outputs, 2);
}

START_TEST(npy_files_are_those_of_numpy_to_the_byte)
{
    unsigned char bytes[400], expected[400];
    make_directory();
    assert_ok(write_one(in("x.npy"), small()));
    size_t size = get(in("x.npy"), bytes, sizeof bytes);
    ck_assert_uint_eq(get(FILES "float32.npy", expected, sizeof expected), size);
    ck_assert_mem_eq(bytes, expected, size);
    assert_ok(write_one(in("x.npy"), numbers(1, 5, 0)));
    size = get(in("x.npy"), bytes, sizeof bytes);
    ck_assert_uint_eq(get(FILES "vector.npy", expected, sizeof expected), size);
    ck_assert_mem_eq(bytes, expected, size);
    assert_ok(write_one(in("x.npy"), numbers(2, 0, 4)));
    size = get(in("x.npy"), bytes, sizeof bytes);
    ck_assert_uint_eq(get(FILES "no_rows.npy", expected, sizeof expected), size);
    ck_assert_mem_eq(bytes, expected, size);
    remove_directory(1);
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
    const char *const names[] = {"x.npy", "x.txt"};
    make_directory();
    for (size_t i = 0; i < 2; i++) {
        Array array = numbers(2, 1500, 4), back;
        assert_ok(write_one(in(names[i]), array));
        assert_ok(array_read(in(names[i]), ARRAY_NUMBERS, &back));
        ck_assert_uint_eq(back.dims, 2);
        assert_matrix_equal(array_matrix(back, 0), array_matrix(array, 0));
        array_free(&back);
    }
    remove_directory(2);
}
END_TEST

START_TEST(the_name_tells_the_format)
{
    unsigned char bytes[400];
    make_directory();
    const char *const names[] = {"x.txt", "x", "npy", "x.npy.txt", "x.npyy"};
    for (size_t i = 0; i < 5; i++) {
        assert_ok(write_one(in(names[i]), small()));
        assert_holds(in(names[i]), SMALL_TEXT);
    }
    assert_ok(write_one(in(".npy"), small()));
    get(in(".npy"), bytes, sizeof bytes);
    ck_assert_mem_eq(bytes, "\x93NUMPY", 6);
    remove_directory(6);
}
END_TEST

START_TEST(nothing_to_write_is_no_failure)
{
    assert_ok(array_write(NULL, 0));
}
END_TEST

START_TEST(a_new_file_has_the_permissions_that_the_umask_asks_for)
{
    make_directory();
    mode_t before = umask(027);
    Status status = write_one(in("x.txt"), small());
    umask(before);
    assert_ok(status);
    ck_assert_uint_eq(mode_of(in("x.txt")), 0640);
    remove_directory(1);
}
END_TEST

START_TEST(a_replaced_file_keeps_its_permissions)
{
    make_directory();
    put(in("x.txt"), "before");
    ck_assert_int_eq(chmod(in("x.txt"), 0604), 0);
    assert_ok(write_one(in("x.txt"), small()));
    assert_holds(in("x.txt"), SMALL_TEXT);
    ck_assert_uint_eq(mode_of(in("x.txt")), 0604);
    remove_directory(1);
}
END_TEST

/* Writes an array without a buffer to a stream that takes this many bytes. */
static bool writes_into(size_t room, bool (*write)(FILE *, Array), Array array)
{
    char store[400];
    ck_assert_uint_le(room, sizeof store);
    FILE *stream = fmemopen(store, room, "wb");
    ck_assert_ptr_nonnull(stream);
    setvbuf(stream, NULL, _IONBF, 0);
    bool written = write(stream, array);
    fclose(stream);
    return written;
}

START_TEST(a_stream_that_fills_up_anywhere_is_a_failure)
{
    Array array = {numbers(1, 6, 0).data, 3, {2, 1, 3}};
    const char text[] = "# shape (2, 1, 3)\n-1 -0.875 -0.75\n\n-0.625 -0.5 -0.375\n";
    size_t text_size = strlen(text), npy_size = 128 + 24;
    for (size_t room = 1; room < text_size; room++)
        ck_assert(!writes_into(room, text_write, array));
    for (size_t room = 1; room < npy_size; room++)
        ck_assert(!writes_into(room, npy_write, array));
    ck_assert(writes_into(text_size + 1, text_write, array));
    ck_assert(writes_into(npy_size + 1, npy_write, array));
}
END_TEST

START_TEST(a_symbolic_link_is_written_through)
{
    struct stat entry;
    make_directory();
    put(in("x.txt"), "before");
    ck_assert_int_eq(symlink("x.txt", in("link")), 0);
    assert_ok(write_one(in("link"), small()));
    assert_holds(in("x.txt"), SMALL_TEXT);
    ck_assert_int_eq(lstat(in("link"), &entry), 0);
    ck_assert(S_ISLNK(entry.st_mode));
    remove_directory(2);
}
END_TEST

START_TEST(paths_that_cannot_be_written_are_refused)
{
    char long_name[300] = "";
    memset(long_name, 'x', sizeof long_name - 1);
    make_directory();
    ck_assert_int_eq(symlink("nowhere", in("link")), 0);
    put(in("file"), "");
    const struct {
        const char *path, *reason;
    } refused[] = {
        {in("nowhere/x.npy"), "No such file or directory"},
        {in("nowhere/"), "No such file or directory"},
        {in("link"), "No such file or directory"},
        {in("file/x.npy"), "Not a directory"},
        {in(long_name), "File name too long"},
        {directory, "Is a directory"},
        {"", "No such file or directory"},
        {"nowhere/x.txt", "No such file or directory"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char message[2 * PATH_SIZE];
        snprintf(message, sizeof message, "%s: cannot write: %s", refused[i].path,
                 refused[i].reason);
        assert_fails(write_one(refused[i].path, small()), STATUS_SYSTEM, message);
        ck_assert_str_eq(last_error(), message);
        assert_fails(is_writable(refused[i].path), STATUS_SYSTEM, message);
        ck_assert_str_eq(last_error(), message);
    }
    remove_directory(2);
}
END_TEST

/* In a process of its own: asks as somebody who may not whether a file can be written, or writes.
 * It runs in the directory, to which the stranger may not find the way. */
static int write_as_a_stranger(int argc, char **argv)
{
    uid_t me = geteuid();
    if (argc != 2 || (me == 0 && seteuid(65534) != 0))
        return 99;
    bool ask = strcmp(argv[0], "ask") == 0;
    Status status = ask ? is_writable(argv[1]) : write_one(argv[1], small());
    /* Back, so that the coverage can be written. */
    if (seteuid(me) != 0)
        return 98;
    fprintf(stderr, "%s", last_error());
    return exit_status(status);
}

/* The file, the permissions of the directory, and whether it can be written. */
static const struct {
    const char *name;
    mode_t directory;
    bool writable;
} PERMISSIONS[] = {
    {"mine.txt", 0777, false}, {"new.txt", 0555, false}, {"all.txt", 0555, false},
    {"pipe.txt", 0777, false}, {"all.txt", 0777, true},
};

START_TEST(a_file_or_directory_without_permission_is_left_alone)
{
    make_directory();
    put(in("mine.txt"), "before");
    put(in("all.txt"), "before");
    ck_assert_int_eq(mkfifo(in("pipe.txt"), 0444), 0);
    ck_assert_int_eq(chmod(in("mine.txt"), 0444), 0);
    ck_assert_int_eq(chmod(in("all.txt"), 0666), 0);
    ck_assert_int_eq(chmod(directory, PERMISSIONS[_i].directory), 0);
    for (int ask = 0; ask < 2; ask++) {
        Command command = {.words = {ask ? "ask" : "write", PERMISSIONS[_i].name},
                           .function = write_as_a_stranger,
                           .directory = directory};
        Outcome outcome = process_run(&command);
        ck_assert_int_eq(outcome.status, PERMISSIONS[_i].writable ? 0 : 1);
        if (!PERMISSIONS[_i].writable)
            ck_assert_ptr_nonnull(strstr(outcome.err, ".txt: cannot write: Permission denied"));
        outcome_free(&outcome);
    }
    ck_assert_int_eq(chmod(directory, 0755), 0);
    assert_holds(in("mine.txt"), "before");
    assert_holds(in("all.txt"), PERMISSIONS[_i].writable ? SMALL_TEXT : "before");
    remove_directory(3);
}
END_TEST

START_TEST(asking_whether_a_file_can_be_written_writes_nothing)
{
    make_directory();
    put(in("x.txt"), "before");
    ck_assert_int_eq(mkfifo(in("pipe"), 0600), 0); /* to open it would be to wait for a reader */
    assert_ok(is_writable(in("x.txt")));
    assert_ok(is_writable(in("new.txt")));
    assert_ok(is_writable(in("pipe")));
    assert_ok(is_writable("-"));
    assert_ok(array_expect_writable(NULL, 0));
    ArrayOutput outputs[] = {{in("x.txt"), NO_ARRAY}, {in("./x.txt"), NO_ARRAY}};
    assert_fails(array_expect_writable(outputs, 2), STATUS_USAGE, "two outputs have this path");
    assert_holds(in("x.txt"), "before");
    remove_directory(2);
}
END_TEST

START_TEST(a_place_is_a_directory_and_a_name)
{
    ck_assert(same_place("/x", "//x"));
    ck_assert(same_place("/dev/nowhere", "/dev/../dev/nowhere"));
    ck_assert(!same_place("/dev/x", "/x"));
    ck_assert(!same_place("/x", "/y"));
    ck_assert(!same_place("/nowhere/x", "/x"));
    ck_assert(!same_place("/x", "/nowhere/x"));
}
END_TEST

START_TEST(two_outputs_to_one_file_are_refused)
{
    make_directory();
    char other[2 * PATH_SIZE], other_way[3 * PATH_SIZE], message[4 * PATH_SIZE];
    assert_fails(write_two(in("x.npy"), in("x.npy")), STATUS_USAGE, "two outputs have this path");
    snprintf(other, sizeof other, "%s/./x.npy", directory);
    snprintf(other_way, sizeof other_way, "%s/../%s/x.npy", directory, strrchr(directory, '/'));
    assert_fails(write_two(in("x.npy"), other), STATUS_USAGE, "two outputs have this path");
    snprintf(message, sizeof message, "%s: two outputs have this path, expected one", other_way);
    assert_fails(write_two(in("x.npy"), other_way), STATUS_USAGE, message);
    assert_fails(write_two("-", "-"), STATUS_USAGE, "standard output: two outputs have this path");
    put(in("x"), "before");
    ck_assert_int_eq(symlink("x", in("link")), 0);
    assert_fails(write_two(in("x"), in("link")), STATUS_USAGE, "two outputs have this path");
    assert_holds(in("x"), "before");
    remove_directory(2);
}
END_TEST

static int write_two_to_standard_output(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    float pair[] = {1, 2};
    Array array = {pair, 1, {2}};
    Status status = array_write((const ArrayOutput[]){{"-", array}, {"/dev/stdout", array}}, 2);
    fputs(last_error(), stderr);
    return exit_status(status);
}

START_TEST(two_outputs_to_standard_output_are_refused)
{
    Outcome outcome =
        process_run(&(Command){.words = {"two"}, .function = write_two_to_standard_output});
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_str_eq(outcome.out, "");
    ck_assert_str_eq(outcome.err, "/dev/stdout: two outputs have this path, expected one");
    outcome_free(&outcome);
}
END_TEST

START_TEST(all_outputs_appear_together)
{
    make_directory();
    put(in("a.txt"), "before");
    assert_ok(write_two(in("a.txt"), in("b.txt")));
    assert_holds(in("a.txt"), SMALL_TEXT);
    assert_holds(in("b.txt"), "-1 -0.875\n-0.75 -0.625\n-0.5 -0.375\n");
    remove_directory(2);
}
END_TEST

START_TEST(one_output_that_fails_leaves_the_others_as_they_were)
{
    make_directory();
    put(in("a.txt"), "before");
    assert_fails(write_two(in("a.txt"), in("nowhere/b.txt")), STATUS_SYSTEM, "nowhere/b.txt: ");
    assert_fails(write_two(in("new.txt"), directory), STATUS_SYSTEM, "Is a directory");
    assert_fails(write_two(directory, in("a.txt")), STATUS_SYSTEM, "Is a directory");
    assert_holds(in("a.txt"), "before");
    remove_directory(1);
}
END_TEST

START_TEST(a_full_disk_leaves_the_other_outputs_as_they_were)
{
    if (access("/dev/full", W_OK) != 0)
        return;
    make_directory();
    put(in("a.txt"), "before");
    assert_fails(write_two("/dev/full", in("a.txt")), STATUS_SYSTEM,
                 "/dev/full: cannot write: No space left on device");
    ck_assert_int_eq(symlink("/dev/full", in("full.npy")), 0);
    ck_assert_int_eq(symlink("/dev/full", in("full.txt")), 0);
    /* More than any buffer: this fails on the way, not at the end. */
    for (int i = 0; i < 2; i++) {
        ArrayOutput outputs[] = {{in("a.txt"), small()},
                                 {in(i == 0 ? "full.npy" : "full.txt"), numbers(2, 1500, 4)}};
        assert_fails(array_write(outputs, 2), STATUS_SYSTEM, ": cannot write: No space left on d");
    }
    assert_holds(in("a.txt"), "before");
    remove_directory(3);
}
END_TEST

/* In a process of its own: writes more than the process may. */
static int write_too_much(int argc, char **argv)
{
    struct rlimit before;
    signal(SIGXFSZ, SIG_IGN);
    if (argc != 2 || getrlimit(RLIMIT_FSIZE, &before) != 0 ||
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){5000, before.rlim_max}) != 0)
        return 99;
    ArrayOutput outputs[] = {{"-", small()}, {argv[0], small()}, {argv[1], numbers(2, 1500, 4)}};
    Status status = array_write(outputs, 3);
    /* Back, so that the coverage can be written, whose file may be longer than that. */
    if (setrlimit(RLIMIT_FSIZE, &before) != 0)
        return 97;
    return status == STATUS_SYSTEM && strstr(last_error(), argv[1]) != NULL &&
                   strstr(last_error(), ": cannot write: File too large") != NULL
               ? 0
               : 98;
}

START_TEST(a_file_that_breaks_off_never_appears)
{
    const char *const names[] = {"big.npy", "big.txt"};
    make_directory();
    put(in("a.txt"), "before");
    put(in("big.txt"), "before");
    for (size_t i = 0; i < 2; i++) {
        Outcome outcome = process_run(
            &(Command){.words = {in("a.txt"), in(names[i])}, .function = write_too_much});
        ck_assert_int_eq(outcome.status, 0);
        /* What cannot be taken back is written last. */
        ck_assert_str_eq(outcome.out, "");
        outcome_free(&outcome);
    }
    assert_holds(in("a.txt"), "before");
    assert_holds(in("big.txt"), "before");
    remove_directory(2);
}
END_TEST

/* In a process of its own: writes a matrix to a path and tells its status. */
static int write_matrix(int argc, char **argv)
{
    (void)argc;
    signal(SIGPIPE, SIG_IGN);
    printf("first ");
    Status status = write_one(argv[0], small());
    if (status != STATUS_OK)
        fprintf(stderr, "%s", last_error());
    else
        printf("last");
    return exit_status(status);
}

START_TEST(a_dash_is_standard_output)
{
    Outcome outcome = process_run(&(Command){.words = {"-"}, .function = write_matrix});
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_str_eq(outcome.out, "first -1 -0.875 -0.75\n-0.625 -0.5 -0.375\nlast");
    outcome_free(&outcome);
}
END_TEST

START_TEST(standard_output_under_another_name_is_not_overwritten)
{
    /* Standard output is a file here, which another writer would begin anew. */
    Outcome outcome = process_run(&(Command){.words = {"/dev/stdout"}, .function = write_matrix});
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_str_eq(outcome.out, "first -1 -0.875 -0.75\n-0.625 -0.5 -0.375\nlast");
    outcome_free(&outcome);
}
END_TEST

static void assert_standard_output_fails(Command command, const char *reason)
{
    char message[100];
    command.words[0] = "-";
    command.function = write_matrix;
    Outcome outcome = process_run(&command);
    ck_assert_int_eq(outcome.status, 1);
    snprintf(message, sizeof message, "standard output: cannot write: %s", reason);
    ck_assert_str_eq(outcome.err, message);
    outcome_free(&outcome);
}

START_TEST(standard_output_that_takes_nothing_is_a_failure)
{
    assert_standard_output_fails((Command){.out = STREAM_CLOSED}, "Bad file descriptor");
    assert_standard_output_fails((Command){.out = STREAM_BROKEN_PIPE}, "Broken pipe");
    if (access("/dev/full", W_OK) == 0)
        assert_standard_output_fails((Command){.output_path = "/dev/full"},
                                     "No space left on device");
}
END_TEST

/* In a process of its own: waits until there are so many files, temporary ones too, puts a
 * directory in the way of its renaming, and only then lets the pipe flow. */
static void obstruct(const char *pipe, const char *target, int files)
{
    char bytes[100];
    alarm(20);
    while (count_files() < files)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    if (mkdir(target, 0755) != 0)
        _exit(1);
    int end = open(pipe, O_RDONLY);
    while (read(end, bytes, sizeof bytes) > 0)
        ;
    _exit(0);
}

START_TEST(a_file_that_cannot_take_its_place_is_removed)
{
    int status;
    make_directory();
    ck_assert_int_eq(mkfifo(in("pipe"), 0600), 0);
    pid_t child = fork();
    if (child == 0)
        obstruct(in("pipe"), in("x.npy"), 2);
    assert_fails(write_two(in("x.npy"), in("pipe")), STATUS_SYSTEM, "x.npy: cannot write: ");
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    remove_directory(2);
}
END_TEST

START_TEST(what_was_moved_before_a_failure_is_moved_back)
{
    int status;
    make_directory();
    put(in("old.txt"), "before");
    ck_assert_int_eq(mkfifo(in("pipe"), 0600), 0);
    pid_t child = fork();
    if (child == 0)
        obstruct(in("pipe"), in("x.npy"), 5);
    ArrayOutput outputs[] = {{in("pipe"), small()},
                             {in("old.txt"), small()},
                             {in("new.txt"), small()},
                             {in("x.npy"), small()}};
    assert_fails(array_write(outputs, 4), STATUS_SYSTEM, "x.npy: cannot write: ");
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    assert_holds(in("old.txt"), "before");
    ck_assert_int_ne(access(in("new.txt"), F_OK), 0);
    remove_directory(3);
}
END_TEST

/* In a process of its own: writes, and knows no way to the directory it is in. */
static int write_where_no_path_leads(int argc, char **argv)
{
    uid_t me = geteuid();
    if (argc != 1 || chmod("..", 0) != 0 || (me == 0 && seteuid(65534) != 0))
        return 99;
    Status status = write_one(argv[0], small());
    if (seteuid(me) != 0 || chmod("..", 0700) != 0)
        return 98;
    fprintf(stderr, "%s", last_error());
    return exit_status(status);
}

START_TEST(the_directories_above_need_not_be_open)
{
    make_directory();
    ck_assert_int_eq(mkdir(in("inside"), 0777), 0);
    ck_assert_int_eq(chmod(in("inside"), 0777), 0);
    ck_assert_int_eq(mkdir(in("inside/deep"), 0777), 0);
    ck_assert_int_eq(chmod(in("inside/deep"), 0777), 0);
    const char *const PATHS[] = {"x.txt", "./y.txt", "deep/z.txt"};
    for (size_t i = 0; i < 3; i++) {
        Outcome outcome = process_run(&(Command){
            .words = {PATHS[i]}, .function = write_where_no_path_leads, .directory = in("inside")});
        ck_assert_msg(outcome.status == 0, "%s", outcome.err);
        outcome_free(&outcome);
    }
    assert_holds(in("inside/deep/z.txt"), SMALL_TEXT);
    remove_directory(1);
}
END_TEST

START_TEST(a_pipe_is_written_directly)
{
    int status;
    make_directory();
    ck_assert_int_eq(mkfifo(in("pipe"), 0600), 0);
    pid_t child = fork();
    if (child == 0) {
        Status write_status = write_one(in("pipe"), small());
        _exit(exit_status(write_status));
    }
    assert_holds(in("pipe"), SMALL_TEXT);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    remove_directory(1);
}
END_TEST

START_TEST(what_another_program_left_behind_is_not_touched)
{
    char name[64];
    make_directory();
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, ".headwise-%ld-%d", (long)getpid(), i);
        put(in(name), "left");
        if (i < 99)
            assert_ok(write_one(in("x.txt"), small()));
        assert_holds(in(name), "left");
    }
    assert_fails(write_one(in("x.txt"), small()), STATUS_SYSTEM, "cannot write: File exists");
    assert_holds(in("x.txt"), SMALL_TEXT);
    remove_directory(101);
}
END_TEST

/* In a process of its own: writes where the whole path is longer than any path may be. */
static int write_far_down(int argc, char **argv)
{
    enum { LENGTH = 200 };
    char here[PATH_MAX], name[LENGTH + 1] = "";
    memset(name, 'x', LENGTH);
    if (argc != 1 || chdir(argv[0]) != 0)
        return 99;
    while (getcwd(here, sizeof here) != NULL && strlen(here) + 1 + LENGTH < PATH_MAX)
        if (mkdir(name, 0755) != 0 || chdir(name) != 0)
            return 98;
    Status status = write_one(name, small());
    if (status != STATUS_OK)
        fprintf(stderr, "%s", last_error());
    return access(name, F_OK) == 0 ? exit_status(status) : 97;
}

/* In a process of its own: writes when no more files may be open. */
static int write_with_all_files_open(int argc, char **argv)
{
    struct rlimit before;
    if (argc != 1 || getrlimit(RLIMIT_NOFILE, &before) != 0 ||
        setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, before.rlim_max}) != 0)
        return 99;
    Status status = write_one(argv[0], small());
    if (setrlimit(RLIMIT_NOFILE, &before) != 0)
        return 98;
    fprintf(stderr, "%s", last_error());
    return exit_status(status);
}

START_TEST(a_file_that_cannot_be_opened_is_reported)
{
    make_directory();
    Outcome outcome =
        process_run(&(Command){.words = {in("x.txt")}, .function = write_with_all_files_open});
    ck_assert_int_eq(outcome.status, 1);
    ck_assert_ptr_nonnull(strstr(outcome.err, "/x.txt: cannot write: Too many open files"));
    outcome_free(&outcome);
    remove_directory(count_files()); /* valgrind makes the file before it refuses to open it */
}
END_TEST

START_TEST(where_the_whole_path_is_too_long_a_short_one_will_do)
{
    make_directory();
    Outcome outcome = process_run(&(Command){.words = {directory}, .function = write_far_down});
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_str_eq(outcome.err, "");
    outcome_free(&outcome);
    remove_directory(1);
}
END_TEST

START_TEST(a_path_longer_than_any_may_be_is_refused)
{
    static char path[PATH_MAX + 10];
    memset(path, 'x', sizeof path - 1);
    for (size_t i = 100; i < sizeof path; i += 100)
        path[i] = '/';
    assert_fails(write_one(path, small()), STATUS_SYSTEM, "/xxxx");
    errno = 0;
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST

START_TEST(without_memory_nothing_is_written)
{
    make_directory();
    put(in("x.txt"), "before");
    memory_fail_at(1);
    assert_fails(write_one(in("x.txt"), small()), STATUS_NO_MEMORY, "out of memory");
    ck_assert(memory_has_failed());
    memory_fail_at(1);
    assert_fails(is_writable(in("x.txt")), STATUS_NO_MEMORY, "out of memory");
    memory_fail_at(2);
    assert_ok(write_one(in("y.txt"), small()));
    ck_assert(!memory_has_failed());
    memory_fail_at(0);
    assert_holds(in("x.txt"), "before");
    remove_directory(2);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("array_write");
    add_test(suite, npy_files_are_those_of_numpy_to_the_byte);
    add_test(suite, what_is_written_is_read_back);
    add_test(suite, the_name_tells_the_format);
    add_test(suite, nothing_to_write_is_no_failure);
    add_test(suite, a_new_file_has_the_permissions_that_the_umask_asks_for);
    add_test(suite, a_replaced_file_keeps_its_permissions);
    add_test(suite, a_stream_that_fills_up_anywhere_is_a_failure);
    add_test(suite, a_symbolic_link_is_written_through);
    add_test(suite, paths_that_cannot_be_written_are_refused);
    add_named_rows(suite, "permissions", a_file_or_directory_without_permission_is_left_alone,
                   sizeof PERMISSIONS / sizeof *PERMISSIONS);
    add_test(suite, asking_whether_a_file_can_be_written_writes_nothing);
    add_test(suite, a_place_is_a_directory_and_a_name);
    add_test(suite, two_outputs_to_one_file_are_refused);
    add_test(suite, two_outputs_to_standard_output_are_refused);
    add_test(suite, all_outputs_appear_together);
    add_test(suite, one_output_that_fails_leaves_the_others_as_they_were);
    add_test(suite, a_full_disk_leaves_the_other_outputs_as_they_were);
    add_test(suite, a_file_that_breaks_off_never_appears);
    add_test(suite, a_dash_is_standard_output);
    add_test(suite, standard_output_under_another_name_is_not_overwritten);
    add_test(suite, standard_output_that_takes_nothing_is_a_failure);
    add_test(suite, a_file_that_cannot_take_its_place_is_removed);
    add_test(suite, what_was_moved_before_a_failure_is_moved_back);
    add_test(suite, the_directories_above_need_not_be_open);
    add_test(suite, a_pipe_is_written_directly);
    add_test(suite, what_another_program_left_behind_is_not_touched);
    add_test(suite, a_file_that_cannot_be_opened_is_reported);
    add_test(suite, where_the_whole_path_is_too_long_a_short_one_will_do);
    add_test(suite, a_path_longer_than_any_may_be_is_refused);
    add_test(suite, without_memory_nothing_is_written);
    return suite;
}
