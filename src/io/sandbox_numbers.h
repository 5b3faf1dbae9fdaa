/* SPDX-License-Identifier: ISC */
/*
 * Numbers of system calls that <sys/syscall.h> may not have: because this architecture never had the call, or
 * because the headers are older than the kernel that will run. Newer numbers are the same everywhere but on
 * alpha (Linux: scripts/syscall.tbl).
 */
#pragma once

#include <sys/syscall.h>

/* In the place of a call that this architecture does not have: matches nothing. */
#define SANDBOX_NO_CALL (-1)

#ifndef SYS_accept
#define SYS_accept SANDBOX_NO_CALL
#endif
#ifndef SYS_access
#define SYS_access SANDBOX_NO_CALL
#endif
#ifndef SYS_arch_prctl
#define SYS_arch_prctl SANDBOX_NO_CALL
#endif
#ifndef SYS_bpf
#define SYS_bpf SANDBOX_NO_CALL
#endif
#ifndef SYS_chmod
#define SYS_chmod SANDBOX_NO_CALL
#endif
#ifndef SYS_chown
#define SYS_chown SANDBOX_NO_CALL
#endif
#ifndef SYS_clock_settime
#define SYS_clock_settime SANDBOX_NO_CALL
#endif
#ifndef SYS_dup2
#define SYS_dup2 SANDBOX_NO_CALL
#endif
#ifndef SYS_epoll_create
#define SYS_epoll_create SANDBOX_NO_CALL
#endif
#ifndef SYS_epoll_wait
#define SYS_epoll_wait SANDBOX_NO_CALL
#endif
#ifndef SYS_eventfd
#define SYS_eventfd SANDBOX_NO_CALL
#endif
#ifndef SYS_fchownat
#define SYS_fchownat SANDBOX_NO_CALL
#endif
#ifndef SYS_fork
#define SYS_fork SANDBOX_NO_CALL
#endif
#ifndef SYS_getdents
#define SYS_getdents SANDBOX_NO_CALL
#endif
#ifndef SYS_getpgrp
#define SYS_getpgrp SANDBOX_NO_CALL
#endif
#ifndef SYS_getrlimit
#define SYS_getrlimit SANDBOX_NO_CALL
#endif
#ifndef SYS_ioperm
#define SYS_ioperm SANDBOX_NO_CALL
#endif
#ifndef SYS_iopl
#define SYS_iopl SANDBOX_NO_CALL
#endif
#ifndef SYS_kexec_file_load
#define SYS_kexec_file_load SANDBOX_NO_CALL
#endif
#ifndef SYS_lchown
#define SYS_lchown SANDBOX_NO_CALL
#endif
#ifndef SYS_link
#define SYS_link SANDBOX_NO_CALL
#endif
#ifndef SYS_lstat
#define SYS_lstat SANDBOX_NO_CALL
#endif
#ifndef SYS_mkdir
#define SYS_mkdir SANDBOX_NO_CALL
#endif
#ifndef SYS_mknod
#define SYS_mknod SANDBOX_NO_CALL
#endif
#ifndef SYS_modify_ldt
#define SYS_modify_ldt SANDBOX_NO_CALL
#endif
#ifndef SYS_open
#define SYS_open SANDBOX_NO_CALL
#endif
#ifndef SYS_pause
#define SYS_pause SANDBOX_NO_CALL
#endif
#ifndef SYS_pipe
#define SYS_pipe SANDBOX_NO_CALL
#endif
#ifndef SYS_poll
#define SYS_poll SANDBOX_NO_CALL
#endif
#ifndef SYS_readlink
#define SYS_readlink SANDBOX_NO_CALL
#endif
#ifndef SYS_recvmmsg
#define SYS_recvmmsg SANDBOX_NO_CALL
#endif
#ifndef SYS_rename
#define SYS_rename SANDBOX_NO_CALL
#endif
#ifndef SYS_renameat
#define SYS_renameat SANDBOX_NO_CALL
#endif
#ifndef SYS_rmdir
#define SYS_rmdir SANDBOX_NO_CALL
#endif
#ifndef SYS_rseq
#define SYS_rseq SANDBOX_NO_CALL
#endif
#ifndef SYS_select
#define SYS_select SANDBOX_NO_CALL
#endif
#ifndef SYS_sendmmsg
#define SYS_sendmmsg SANDBOX_NO_CALL
#endif
#ifndef SYS_signalfd
#define SYS_signalfd SANDBOX_NO_CALL
#endif
#ifndef SYS_stat
#define SYS_stat SANDBOX_NO_CALL
#endif
#ifndef SYS_symlink
#define SYS_symlink SANDBOX_NO_CALL
#endif
#ifndef SYS_time
#define SYS_time SANDBOX_NO_CALL
#endif
#ifndef SYS_unlink
#define SYS_unlink SANDBOX_NO_CALL
#endif
#ifndef SYS_vfork
#define SYS_vfork SANDBOX_NO_CALL
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif
#ifndef SYS_io_uring_enter
#define SYS_io_uring_enter 426
#endif
#ifndef SYS_io_uring_register
#define SYS_io_uring_register 427
#endif
#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif
#ifndef SYS_fsopen
#define SYS_fsopen 430
#endif
#ifndef SYS_fsconfig
#define SYS_fsconfig 431
#endif
#ifndef SYS_fsmount
#define SYS_fsmount 432
#endif
#ifndef SYS_fspick
#define SYS_fspick 433
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif
#ifndef SYS_landlock_add_rule
#define SYS_landlock_add_rule 445
#endif
#ifndef SYS_landlock_restrict_self
#define SYS_landlock_restrict_self 446
#endif
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_map_shadow_stack
#define SYS_map_shadow_stack 453
#endif
#ifndef SYS_futex_wake
#define SYS_futex_wake 454
#endif
#ifndef SYS_futex_wait
#define SYS_futex_wait 455
#endif
#ifndef SYS_futex_requeue
#define SYS_futex_requeue 456
#endif
#ifndef SYS_statmount
#define SYS_statmount 457
#endif
#ifndef SYS_listmount
#define SYS_listmount 458
#endif
#ifndef SYS_mseal
#define SYS_mseal 462
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif
