//! What an error of the kernel is called in the label `device_error`, in the words of Go's programs.

use rustix::io::Errno;

pub(super) fn of(error: Errno) -> &'static str {
    let known = REASONS.iter().find(|(known, _)| *known == error);
    known.map_or("cannot be read", |(_, reason)| reason)
}

const REASONS: &[(Errno, &str)] = &[
    (Errno::PERM, "operation not permitted"),
    (Errno::NOENT, "no such file or directory"),
    (Errno::INTR, "interrupted system call"),
    (Errno::IO, "input/output error"),
    (Errno::NXIO, "no such device or address"),
    (Errno::AGAIN, "resource temporarily unavailable"),
    (Errno::NOMEM, "cannot allocate memory"),
    (Errno::ACCESS, "permission denied"),
    (Errno::NODEV, "no such device"),
    (Errno::NOTDIR, "not a directory"),
    (Errno::INVAL, "invalid argument"),
    (Errno::NFILE, "too many open files in system"),
    (Errno::MFILE, "too many open files"),
    (Errno::NAMETOOLONG, "file name too long"),
    (Errno::NOSYS, "function not implemented"),
    (Errno::LOOP, "too many levels of symbolic links"),
    (Errno::PROTO, "protocol error"),
    (Errno::NETDOWN, "network is down"),
    (Errno::NETUNREACH, "network is unreachable"),
    (Errno::CONNABORTED, "software caused connection abort"),
    (Errno::CONNRESET, "connection reset by peer"),
    (Errno::NOTCONN, "transport endpoint is not connected"),
    (Errno::SHUTDOWN, "cannot send after transport endpoint shutdown"),
    (Errno::TIMEDOUT, "connection timed out"),
    (Errno::CONNREFUSED, "connection refused"),
    (Errno::HOSTDOWN, "host is down"),
    (Errno::HOSTUNREACH, "no route to host"),
    (Errno::STALE, "stale NFS file handle"),
    (Errno::UCLEAN, "structure needs cleaning"),
    (Errno::REMOTEIO, "remote I/O error"),
    (Errno::NOKEY, "required key not available"),
];
