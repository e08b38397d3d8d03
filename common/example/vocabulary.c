/* The words of the example world and what each of their eight numbers says. */
#include "example.h"

/* A word's numbers, in the order of EXAMPLE_COLUMNS. */
typedef struct Entry {
    const char *word;
    float vector[EXAMPLE_D_MODEL];
} Entry;

const char *const EXAMPLE_COLUMNS[EXAMPLE_D_MODEL] = {"free",  "free",   "place", "being",
                                                      "water", "action", "money", "link"};

/* clang-format off */
static const Entry VOCABULARY[] = {
    /*           free free place being water action money link */
    {"the",     {0, 0, 0, 0, 0, 0, 0, 2}},
    {"a",       {0, 0, 0, 0, 0, 0, 0, 1}},
    {"and",     {0, 0, 0, 0, 0, 0, 0, 2}},
    {"of",      {0, 0, 0, 0, 0, 0, 0, 2}},
    {"on",      {0, 0, 1, 0, 0, 0, 0, 2}},
    {"in",      {0, 0, 1, 0, 0, 0, 0, 2}},
    {"by",      {0, 0, 1, 0, 0, 0, 0, 2}},
    {"at",      {0, 0, 1, 0, 0, 0, 0, 2}},
    {"to",      {0, 0, 0, 0, 0, 1, 0, 2}},
    {"from",    {0, 0, 0, 0, 0, 1, 0, 2}},
    {"is",      {0, 0, 0, 0, 0, 1, 0, 1}},
    {"she",     {0, 0, 0, 3, 0, 0, 0, 1}},
    {"he",      {0, 0, 0, 3, 0, 0, 0, 1}},
    {"they",    {0, 0, 0, 3, 0, 0, 0, 1}},
    {"man",     {0, 0, 0, 3, 0, 0, 0, 0}},
    {"woman",   {0, 0, 0, 3, 0, 0, 0, 0}},
    {"child",   {0, 0, 0, 3, 0, 1, 0, 0}},
    {"dog",     {0, 0, 0, 2, 0, 1, 0, 0}},
    {"duck",    {0, 0, 0, 2, 1, 0, 0, 0}},
    {"fish",    {0, 0, 0, 1, 2, 0, 0, 0}},
    {"fisher",  {0, 0, 0, 3, 2, 0, 0, 0}},
    {"banker",  {0, 0, 0, 3, 0, 0, 2, 0}},
    {"thief",   {0, 0, 0, 3, 0, 1, 1, 0}},
    {"sat",     {0, 0, 0, 0, 0, 2, 0, 0}},
    {"put",     {0, 0, 0, 0, 0, 3, 0, 0}},
    {"took",    {0, 0, 0, 0, 0, 3, 0, 0}},
    {"saw",     {0, 0, 0, 0, 0, 1, 0, 0}},
    {"ran",     {0, 0, 0, 0, 0, 3, 0, 0}},
    {"bites",   {0, 0, 0, 0, 0, 3, 0, 0}},
    {"swam",    {0, 0, 0, 0, 2, 2, 0, 0}},
    {"sailed",  {0, 0, 0, 0, 2, 3, 0, 0}},
    {"saved",   {0, 0, 0, 0, 0, 2, 2, 0}},
    {"lent",    {0, 0, 0, 0, 0, 2, 2, 0}},
    {"paid",    {0, 0, 0, 0, 0, 3, 2, 0}},
    {"river",   {0, 0, 1, 0, 3, 0, 0, 0}},
    {"water",   {0, 0, 0, 0, 3, 0, 0, 0}},
    {"boat",    {0, 0, 1, 0, 2, 0, 0, 0}},
    {"bridge",  {0, 0, 2, 0, 2, 0, 0, 0}},
    {"mud",     {0, 0, 0, 0, 1, 0, 0, 0}},
    {"bank",    {0, 0, 2, 0, 1, 0, 1, 0}},
    {"money",   {0, 0, 0, 0, 0, 0, 3, 0}},
    {"coin",    {0, 0, 0, 0, 0, 0, 2, 0}},
    {"loan",    {0, 0, 0, 0, 0, 1, 3, 0}},
    {"shop",    {0, 0, 2, 0, 0, 0, 2, 0}},
    {"town",    {0, 0, 3, 0, 0, 0, 1, 0}},
    {"tree",    {0, 0, 1, 1, 0, 0, 0, 0}},
};
/* clang-format on */

const char *vocabulary_word(size_t index)
{
    return index < sizeof VOCABULARY / sizeof *VOCABULARY ? VOCABULARY[index].word : NULL;
}

const float *vocabulary_vector(size_t index)
{
    return VOCABULARY[index].vector;
}
