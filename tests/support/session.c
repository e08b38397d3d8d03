#include "session.h"

#include "assert.h"

#include <stdlib.h>
#include <string.h>

static const char CAPITALS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";

/* --- Reading --------------------------------------------------------------------------------- */

/* All at once: a test process that ends would move the position in a file that is open here. */
Session session_open(const char *path)
{
    Session session = {.text = NULL};
    size_t size = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return session;
    if (getdelim(&session.text, &size, '\0', file) > 0)
        session.size = strlen(session.text);
    fclose(file);
    return session;
}

void session_close(Session *session)
{
    free(session->text);
    session->text = NULL;
}

/* The text of a variable, which ends with its line. */
static const char *value_of(const Session *session, const char *name, size_t length)
{
    const char *variable = session->variables;
    while (strncmp(variable, name, length) != 0 || variable[length] != '=') {
        variable += strcspn(variable, "\n");
        ck_assert_msg(*variable != '\0', "the variable of this call is unknown: %s", session->line);
        variable++;
    }
    return variable + length + 1;
}

static void fill_in(Session *session, const char *text)
{
    size_t used = 0;
    while (*text != '\0' && *text != '\n') {
        size_t length = *text == '$' ? strspn(text + 1, CAPITALS) : 0;
        const char *part = length > 0 ? value_of(session, text + 1, length) : text;
        int size = length > 0 ? (int)strcspn(part, "\n") : 1;
        used += (size_t)snprintf(session->call + used, CALL_SIZE - used, "%.*s", size, part);
        ck_assert_uint_lt(used, CALL_SIZE);
        text += 1 + length;
    }
}

/* Keeps NAME="text" as a line. */
static bool sets_a_variable(Session *session)
{
    size_t name = strspn(session->call, CAPITALS), used = strlen(session->variables);
    const char *value = session->call + name + 2;
    if (name == 0 || strncmp(session->call + name, "=\"", 2) != 0)
        return false;
    snprintf(session->variables + used, sizeof session->variables - used, "%.*s=%.*s\n", (int)name,
             session->call, (int)strcspn(value, "\""), value);
    return true;
}

bool session_next(Session *session)
{
    session->call[0] = '\0';
    if (session->text == NULL || session->at >= session->size)
        return false;
    const char *rest = session->text + session->at;
    snprintf(session->line, CALL_SIZE, "%.*s", (int)strcspn(rest, "\n") + 1, rest);
    session->at += strlen(session->line);
    if (strncmp(session->line, "$ ", 2) == 0)
        fill_in(session, session->line + 2);
    if (sets_a_variable(session))
        session->call[0] = '\0';
    return true;
}

/* --- Calls ----------------------------------------------------------------------------------- */

const char *session_grep(char *call)
{
    static const char GREP[] = " | grep '";
    char *end = strstr(call, GREP);
    if (end == NULL)
        return NULL;
    char *text = end + sizeof GREP - 1;
    *end = '\0';
    *strchr(text, '\'') = '\0';
    return text;
}

void session_words(char *call, const char *words[COMMAND_MAX_WORDS])
{
    size_t count = 0;
    for (char *word = call; *word != '\0';) {
        bool quoted = *word == '\'';
        word += quoted;
        size_t length = strcspn(word, quoted ? "'" : " ");
        ck_assert_uint_lt(count, COMMAND_MAX_WORDS - 1);
        words[count++] = word;
        word += length;
        if (*word != '\0')
            *word++ = '\0';
        word += strspn(word, " ");
    }
    words[count] = NULL;
}

/* Gives the lines that hold a text; says whether there is one. */
static bool grep(const char *lines, const char *text, FILE *answer)
{
    bool found = false;
    for (size_t length; *lines != '\0'; lines += length) {
        char line[CALL_SIZE];
        length = strcspn(lines, "\n") + 1;
        snprintf(line, sizeof line, "%.*s", (int)length, lines);
        if (strstr(line, text) == NULL)
            continue;
        fputs(line, answer);
        found = true;
    }
    return found;
}

int session_print(const Outcome *outcome, const char *shown, FILE *answer)
{
    bool found = true;
    if (shown == NULL)
        fputs(outcome->out, answer);
    else
        found = grep(outcome->out, shown, answer);
    fputs(outcome->err, answer);
    return outcome->status != 0 || found ? outcome->status : 1;
}

/* --- Repeating ------------------------------------------------------------------------------- */

/* The session as it stands there, and as it is now. */
typedef struct Replay {
    char *before, *after;
    size_t size_before, size_after;
} Replay;

static Replay replay(const char *path, MakeCall *make)
{
    Replay replay = {.before = NULL};
    bool in_answer = false;
    Session session = session_open(path);
    ck_assert_msg(session.text != NULL, "there is no %s", path);
    FILE *before = open_memstream(&replay.before, &replay.size_before);
    FILE *after = open_memstream(&replay.after, &replay.size_after);
    ck_assert(before != NULL && after != NULL);
    while (session_next(&session)) {
        in_answer = in_answer && strchr("$#\n", session.line[0]) == NULL;
        fputs(session.line, before);
        if (!in_answer)
            fputs(session.line, after);
        if (session.call[0] == '\0')
            continue;
        int status = make(session.call, after);
        if (status != 0)
            fprintf(after, "[%d]\n", status);
        in_answer = true;
    }
    session_close(&session);
    ck_assert(fclose(before) == 0 && fclose(after) == 0);
    return replay;
}

static void refresh(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

/* The call that the first difference belongs to. */
static size_t call_that_differs(const Replay *replay)
{
    size_t at = 0;
    while (replay->before[at] == replay->after[at])
        at++;
    while (at > 0 && strncmp(replay->before + at, "\n$ ", 3) != 0)
        at--;
    return at;
}

void session_repeat(const char *path, MakeCall *make)
{
    Replay session = replay(path, make);
    if (getenv("REFRESH") != NULL) {
        refresh(path, session.after);
    } else if (strcmp(session.before, session.after) != 0) {
        size_t at = call_that_differs(&session);
        ck_abort_msg("%s: expected (REFRESH=1 writes the file anew):%.600s\n\nbut now it is:%.600s",
                     path, session.before + at, session.after + at);
    }
    free(session.before);
    free(session.after);
}
