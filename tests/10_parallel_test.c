/* Threads: never more than what can work at once. */
#include "assert.h"
#include "parallel.h"

#include <stdint.h>

enum { MOST_TASKS = 40 };

typedef struct Record {
    size_t times[MOST_TASKS]; /* that each was done */
    size_t who[MOST_TASKS];   /* did it */
} Record;

static void note(void *context, size_t index, size_t thread)
{
    Record *record = context;
    record->times[index]++;
    record->who[index] = thread;
}

START_TEST(each_task_is_done_once_by_a_thread_that_has_its_place)
{
    for (size_t threads = 1; threads <= parallel_threads(8); threads++)
        for (size_t tasks = 0; tasks <= MOST_TASKS; tasks++) {
            Record record = {.times = {0}};
            parallel_run(tasks, threads, note, &record);
            for (size_t i = 0; i < MOST_TASKS; i++) {
                ck_assert_uint_eq(record.times[i], i < tasks ? 1 : 0);
                ck_assert_msg(i >= tasks || (record.who[i] < threads && record.who[i] < tasks),
                              "%zu tasks, %zu threads: task %zu by thread %zu", tasks, threads, i,
                              record.who[i]);
            }
        }
}
END_TEST

START_TEST(threads_are_no_more_than_the_machine_can_use)
{
    static const size_t WANTED[] = {9, 1000, 100000, (size_t)1 << 31, (size_t)1 << 32, SIZE_MAX};
    size_t most = parallel_threads(SIZE_MAX);
    ck_assert_uint_ge(most, 1);
    ck_assert_uint_le(most, 4096);
    ck_assert_uint_eq(parallel_threads(1), 1);
    ck_assert_uint_ge(parallel_threads(0), 1);
    ck_assert_uint_le(parallel_threads(0), most);
    for (size_t i = 0; i < sizeof WANTED / sizeof *WANTED; i++) {
        size_t expected = WANTED[i] < most ? WANTED[i] : most;
        ck_assert_uint_eq(parallel_threads(WANTED[i]), expected);
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("10 parallel");
    add_test(suite, each_task_is_done_once_by_a_thread_that_has_its_place);
    add_test(suite, threads_are_no_more_than_the_machine_can_use);
    return suite;
}
