/**
 * @file broken.h
 * @brief What a chapter shows with one of its named mistakes in it.
 *
 * Compiled to WebAssembly and called by broken.js, and for the system's own processor, by which
 * docs/live/broken.py tries each mistake. Both print to standard output.
 */
#ifndef HEADWISE_BROKEN_H
#define HEADWISE_BROKEN_H

#include <stddef.h>

#if defined(__wasm__)
/** Makes a function callable from JavaScript. */
#define EXPORTED(name) __attribute__((export_name(#name)))
#else
#define EXPORTED(name)
#endif

/**
 * Runs the chapter's program: its worked example, without pictures.
 *
 * @param mistake The mistake, counted from 1; 0 for none.
 */
EXPORTED(broken_program) void broken_program(size_t mistake);

/**
 * Prints the smallest case of a check in which a mistake shows, as JSON: what goes in, what comes
 * out and what is expected if these are numbers, and what `make break` tells of it.
 *
 * @param check   The check, counted from 0.
 * @param mistake The mistake, counted from 1.
 */
EXPORTED(broken_case) void broken_case(size_t check, size_t mistake);

#endif
