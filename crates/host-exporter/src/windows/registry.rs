//! Values of the registry: `RegGetValueW`.
#![allow(unsafe_code, reason = "a Win32 call that std has no wrapper for")]

use std::ptr;

use windows_sys::Win32::System::Registry::{
    HKEY_LOCAL_MACHINE, RRF_RT_REG_DWORD, RRF_RT_REG_QWORD, RRF_RT_REG_SZ, RegGetValueW,
};

use super::{text, wide};

/// A text below `HKEY_LOCAL_MACHINE`; `None` if it is absent, of another type, or very long.
pub(crate) fn string(key: &str, value: &str) -> Option<String> {
    let mut units = [0_u16; 1024];
    let length = get(key, value, RRF_RT_REG_SZ, &mut units)?;
    Some(text(&units[..length / 2]))
}

/// A number below `HKEY_LOCAL_MACHINE`, of 32 or 64 bits; `None` if it is absent or of another type.
pub(crate) fn number(key: &str, value: &str) -> Option<u64> {
    let mut number = [0_u64];
    get(key, value, RRF_RT_REG_DWORD | RRF_RT_REG_QWORD, &mut number)?;
    Some(number[0])
}

/// Fills the buffer with a value of one of the types, and returns its length in bytes.
fn get<T: Copy>(key: &str, value: &str, types: u32, buffer: &mut [T]) -> Option<usize> {
    let (key, value) = (wide(key), wide(value));
    let mut length = size_of_val(buffer) as u32;
    // SAFETY: both names end in NUL, the buffer has `length` bytes, and its numbers may hold any.
    let status = unsafe {
        let buffer = buffer.as_mut_ptr().cast();
        let (key, value) = (key.as_ptr(), value.as_ptr());
        let length = &raw mut length;
        RegGetValueW(HKEY_LOCAL_MACHINE, key, value, types, ptr::null_mut(), buffer, length)
    };
    (status == 0).then_some(length as usize)
}
