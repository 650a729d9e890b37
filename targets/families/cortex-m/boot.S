/* SPDX-License-Identifier: 0BSD */
/* Start-up, faults and the measurement of the stack; Armv6-M instructions only. */
        .syntax unified
        .thumb

        .section .vectors, "a"
        .word   stack_top
        .word   reset_handler
        .rept   14              /* NMI, the faults, SVC, PendSV, SysTick: none is expected */
        .word   fault_handler
        .endr

        .text
        .thumb_func
        .global reset_handler
        .type   reset_handler, %function
reset_handler:
#if defined __ARM_FP || defined __ARM_FEATURE_MVE
        ldr     r0, =0xE000ED88 /* CPACR: coprocessors 10 and 11, FPU and MVE */
        ldr     r1, [r0]
        movs    r2, #0xF
        lsls    r2, r2, #20
        orrs    r1, r2
        str     r1, [r0]
        dsb
        isb
#endif
#if __ARM_ARCH_ISA_THUMB == 1
        ldr     r0, =0xE000ED14 /* CCR.UNALIGN_TRP: as on Armv6-M, which QEMU has no machine of */
        ldr     r1, [r0]
        movs    r2, #8
        orrs    r1, r2
        str     r1, [r0]
        dsb
        isb
#endif
        ldr     r0, =data_start
        ldr     r1, =data_load
        ldr     r2, =data_end
        b       2f
1:      ldr     r3, [r1]
        str     r3, [r0]
        adds    r0, r0, #4
        adds    r1, r1, #4
2:      cmp     r0, r2
        blo     1b
        ldr     r0, =bss_start
        ldr     r2, =bss_end
        movs    r3, #0
        b       4f
3:      str     r3, [r0]
        adds    r0, r0, #4
4:      cmp     r0, r2
        blo     3b
        bl      start_program
5:      b       5b
        .pool

        .thumb_func
        .type   fault_handler, %function
fault_handler:
        mov     r0, sp
        mrs     r1, ipsr
        ldr     r2, =fault_stack + 512
        mov     sp, r2
        bl      report_fault
6:      b       6b
        .pool

/*
 * mote_status io_run_measured(mote_status (*run)(void *), void *arena, uint32_t *stack_bytes)
 * Paints the stack from its end to here, runs, and looks how far the paint is gone.
 */
        .thumb_func
        .global io_run_measured
        .type   io_run_measured, %function
io_run_measured:
        push    {r2, r4, r5, lr}
        mov     r4, sp
        ldr     r5, =0xA5C3A5C3
        ldr     r3, =stack_limit
        b       8f
7:      str     r5, [r3]
        adds    r3, r3, #4
8:      cmp     r3, r4
        blo     7b
        mov     r3, r0
        mov     r0, r1
        blx     r3
        ldr     r3, =stack_limit
        b       10f
9:      ldr     r2, [r3]
        cmp     r2, r5
        bne     11f
        adds    r3, r3, #4
10:     cmp     r3, r4
        blo     9b
11:     subs    r4, r4, r3
        ldr     r2, [sp]
        str     r4, [r2]
        pop     {r2, r4, r5, pc}
        .pool
