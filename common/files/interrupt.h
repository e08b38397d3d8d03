/**
 * @file interrupt.h
 * @brief What a program that is interrupted cleans up: unfinished files, and the process it waits
 * for.
 *
 * Any part of the program may register what is unfinished. It is cleaned up at a signal only in
 * programs that call interrupts_expect(); in all others nothing changes. Signals that arrive
 * between interrupts_hold() and interrupts_release() take effect at the release.
 */
#ifndef HEADWISE_INTERRUPT_H
#define HEADWISE_INTERRUPT_H

#include <stdbool.h>
#include <sys/types.h>

/** The most paths that can be unfinished at the same time. */
enum { UNFINISHED_MOST = 64 };

/**
 * From here on, a signal that ends the program first removes what is unfinished and says so in one
 * line of standard error. The program then ends by that signal, as if it had not been caught. A
 * signal that is ignored (nohup) stays ignored. A write beyond the limit of a file's size fails,
 * like one to a full disk.
 *
 * @param program The program's name, for the line; must outlive the program's work.
 */
void interrupts_expect(const char *program);

/**
 * Makes signals wait, for a step during which the list of unfinished files is out of date. Calls
 * nest: each needs its own interrupts_release().
 */
void interrupts_hold(void);

/**
 * Tells whether a signal waits, so that long work between interrupts_hold() and
 * interrupts_release() can end early and in good order.
 *
 * @return Whether one has arrived.
 */
bool interrupts_waiting(void);

/** Lets signals through again. One that arrived meanwhile ends the program here. */
void interrupts_release(void);

/**
 * Notes a file or an empty directory that is to be removed if the program is interrupted. What was
 * noted later is removed earlier, so a directory is noted before its files.
 *
 * @param path The path, which must stay as it is until unfinished_drop(). Beyond UNFINISHED_MOST
 *             paths, nothing is noted.
 */
void unfinished_add(const char *path);

/**
 * Takes a path off the list.
 *
 * @param path The pointer that unfinished_add() was given; one that was never added is ignored.
 */
void unfinished_drop(const char *path);

/**
 * Notes the child process that is to be killed if the program is interrupted.
 *
 * @param process The process, which has not been waited for; 0 for none.
 */
void unfinished_process(pid_t process);

/**
 * Does what a signal does before it ends the program. Calls only functions that a signal handler
 * may call.
 *
 * @param program The program's name.
 * @param signal  The signal.
 */
void interrupts_clean_up(const char *program, int signal);

#endif
