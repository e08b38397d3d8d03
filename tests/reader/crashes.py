"""What a sanitizer, the system or the checks say of a program that did not end as it should, in a reader's words."""

# What a sanitizer calls it, and what it means.
CRASHES = {
    "heap-buffer-overflow": "reads or writes beyond the end of an array",
    "stack-buffer-overflow": "reads or writes beyond the end of a local array",
    "global-buffer-overflow": "reads or writes beyond the end of a global array",
    "heap-use-after-free": "uses memory after it was freed",
    "double-free": "frees the same memory twice",
    "bad-free": "frees something that was not allocated: a view, or a matrix that was never set to NO_MATRIX",
    "stack-overflow": "calls itself forever, has a huge local array, or reads far beyond the end of an array",
    "SEGV": "follows a pointer that points nowhere",
    "null pointer": "follows a pointer that points nowhere",
    "out of bounds for type": "reads or writes beyond the end of an array",
    "detected memory leaks": "allocates memory that is never freed: look where it should be freed, "
                             "also when it fails",
    "runtime error": "does what C leaves undefined",
    "Test timeout expired": "never ends: look for a loop whose condition never turns false",
    "ERROR: AddressSanitizer": "misuses memory",
    "Received signal": "crashes",
    "return value 77": "takes more than a gigabyte of memory: look for a loop whose condition never turns false, "
                       "or for a size that is wrong",
    "Early exit": "ends the whole program, perhaps by exit(): a function of the course only returns",
}
ENDLESS = "prints more than a megabyte: look for a loop whose condition never turns false"
