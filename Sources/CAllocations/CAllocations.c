#include "CAllocations.h"

#include <errno.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static _Thread_local size_t largest;
static _Thread_local size_t total;

static void note(size_t size) {
    if (size > largest) largest = size;
    total += size;
}

void callocations_reset(void) {
    largest = 0;
    total = 0;
}

size_t callocations_largest(void) { return largest; }
size_t callocations_total(void) { return total; }

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)

bool callocations_counts(void) { return false; }

#else

bool callocations_counts(void) { return true; }

void *malloc(size_t size) {
    note(size);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    size_t bytes;
    note(__builtin_mul_overflow(count, size, &bytes) ? (size_t)-1 : bytes);
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
    note(size);
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    note(size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    note(size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    note(size);
    void *result = __libc_memalign(alignment, size);
    if (result == NULL) return ENOMEM;
    *memory = result;
    return 0;
}

#endif
