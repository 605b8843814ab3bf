/* Rust's standard library gets random bytes from bcryptprimitives.dll, which Wine 8 lacks. This
 * replacement is copied next to an executable under test; it is never packaged. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length); /* RtlGenRandom */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    return SystemFunction036(buffer, (ULONG)length);
}
