/* exit.c: for a build that counts which lines run: workers end by _exit, and would take their
 * counts along. The linker puts it in place of _exit. */
extern void __gcov_dump(void);
extern _Noreturn void __real__exit(int status);
extern _Noreturn void __wrap__exit(int status);

_Noreturn void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}
