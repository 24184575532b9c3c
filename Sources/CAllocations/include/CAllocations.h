// Counts what a thread allocates, by standing in for malloc and its kin in the program that links this. It hands every
// call on to the C library, and changes nothing about what callers get.
#ifndef CALLOCATIONS_H
#define CALLOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

/// Begins to count anew, on the calling thread.
void callocations_reset(void);

/// The largest single piece of memory asked for since, and all pieces together, freed or not.
size_t callocations_largest(void);
size_t callocations_total(void);

/// Whether anything is counted: not where a sanitizer stands in for malloc itself.
bool callocations_counts(void);

#endif
