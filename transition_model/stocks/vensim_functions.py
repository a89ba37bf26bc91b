"""What Vensim's functions mean, in LLVM's instructions, and the loop over runs and time.

They take and give numbers of 64 bits. No instruction may be replaced by one that rounds otherwise
(there are no fast-math flags), so that a result does not depend on how many are taken at once.
"""

from __future__ import annotations

DECLARATIONS = """
declare double @llvm.fabs.f64(double)
declare double @llvm.exp.f64(double)
declare double @llvm.trunc.f64(double)
declare double @llvm.log.f64(double)
declare double @llvm.pow.f64(double, double)
declare double @llvm.sqrt.f64(double)
"""

FUNCTIONS = """
; The smaller one; not a number if one of them isn't.
define internal double @min(double %a, double %b) alwaysinline nounwind {
  %less = fcmp olt double %a, %b
  %none = fcmp uno double %a, %a
  %first = or i1 %less, %none
  %result = select i1 %first, double %a, double %b
  ret double %result
}

define internal double @max(double %a, double %b) alwaysinline nounwind {
  %more = fcmp ogt double %a, %b
  %none = fcmp uno double %a, %a
  %first = or i1 %more, %none
  %result = select i1 %first, double %a, double %b
  ret double %result
}

; A quotient, or another number where the divisor is as good as zero (below 1e-6).
define internal double @xidz(double %top, double %bottom, double %otherwise)
    alwaysinline nounwind {
  %size = call double @llvm.fabs.f64(double %bottom)
  %nothing = fcmp olt double %size, 0x3EB0C6F7A0B5ED8D
  %quotient = fdiv double %top, %bottom
  %result = select i1 %nothing, double %otherwise, double %quotient
  ret double %result
}

; The greatest whole number of units in x, towards zero; x itself for a unit below 1e-6.
define internal double @quantum(double %x, double %unit) alwaysinline nounwind {
  %nothing = fcmp olt double %unit, 0x3EB0C6F7A0B5ED8D
  %units = fdiv double %x, %unit
  %whole = call double @llvm.trunc.f64(double %units)
  %rounded = fmul double %unit, %whole
  %result = select i1 %nothing, double %x, double %rounded
  ret double %result
}

; A height from a time on, which half a time step must not miss.
define internal double @step(double %time, double %time_step, double %height, double %start)
    alwaysinline nounwind {
  %half = fmul double %time_step, 0.5
  %now = fadd double %time, %half
  %on = fcmp ogt double %now, %start
  %result = select i1 %on, double %height, double 0.0
  ret double %result
}

define internal double @ramp(double %time, double %slope, double %start, double %end)
    alwaysinline nounwind {
  %until = call double @min(double %end, double %time)
  %since = fsub double %until, %start
  %risen = fmul double %slope, %since
  %now = fadd double %time, 0x3EB0C6F7A0B5ED8D
  %on = fcmp ogt double %now, %start
  %result = select i1 %on, double %risen, double 0.0
  ret double %result
}

define internal double @pulse(double %time, double %start, double %width) alwaysinline nounwind {
  %from = fsub double %start, 0x3EB0C6F7A0B5ED8D
  %to = fadd double %start, %width
  %begun = fcmp ole double %from, %time
  %going = fcmp olt double %time, %to
  %on = and i1 %begun, %going
  %result = uitofp i1 %on to double
  ret double %result
}

; A pulse again after each interval; what remains of the time has the interval's sign.
define internal double @pulse_train(double %time, double %start, double %interval, double %width,
    double %end) nounwind {
  %single = fcmp oeq double %interval, 0.0
  br i1 %single, label %once, label %often
once:
  %one = call double @pulse(double %time, double %start, double %width)
  ret double %one
often:
  %early = fcmp olt double %time, %start
  %late = fcmp oge double %time, %end
  %outside = or i1 %early, %late
  %since = fsub double %time, %start
  %now = fadd double %since, 0x3EB0C6F7A0B5ED8D
  %rest = frem double %now, %interval
  %some = fcmp une double %rest, 0.0
  %rest_below = fcmp olt double %rest, 0.0
  %interval_below = fcmp olt double %interval, 0.0
  %signs_differ = xor i1 %rest_below, %interval_below
  %other_side = and i1 %some, %signs_differ
  %turned = fadd double %rest, %interval
  %position = select i1 %other_side, double %turned, double %rest
  %within = fcmp olt double %position, %width
  %here = uitofp i1 %within to double
  %result = select i1 %outside, double 0.0, double %here
  ret double %result
}

; Linear between the points first to last of a table, flat beyond its ends.
define internal double @interpolate(double %x, i64 %first, i64 %last) noinline nounwind {
  %x_first = getelementptr inbounds double, ptr @xs, i64 %first
  %x_last = getelementptr inbounds double, ptr @xs, i64 %last
  %lowest = load double, ptr %x_first
  %highest = load double, ptr %x_last
  %none = fcmp uno double %x, %x
  br i1 %none, label %itself, label %number
itself:
  ret double %x
number:
  %low = fcmp ole double %x, %lowest
  br i1 %low, label %at_first, label %not_low
at_first:
  %y_first = getelementptr inbounds double, ptr @ys, i64 %first
  %value_first = load double, ptr %y_first
  ret double %value_first
not_low:
  %high = fcmp oge double %x, %highest
  br i1 %high, label %at_last, label %search
at_last:
  %y_last = getelementptr inbounds double, ptr @ys, i64 %last
  %value_last = load double, ptr %y_last
  ret double %value_last
search:
  %left = phi i64 [%first, %not_low], [%right, %search]
  %right = add nuw nsw i64 %left, 1
  %x_right = getelementptr inbounds double, ptr @xs, i64 %right
  %b = load double, ptr %x_right
  %on = fcmp olt double %b, %x
  br i1 %on, label %search, label %between
between:
  %x_left = getelementptr inbounds double, ptr @xs, i64 %left
  %y_left = getelementptr inbounds double, ptr @ys, i64 %left
  %y_right = getelementptr inbounds double, ptr @ys, i64 %right
  %a = load double, ptr %x_left
  %value_a = load double, ptr %y_left
  %value_b = load double, ptr %y_right
  %rise = fsub double %value_b, %value_a
  %run = fsub double %b, %a
  %slope = fdiv double %rise, %run
  %beyond = fsub double %x, %a
  %more = fmul double %slope, %beyond
  %result = fadd double %more, %value_a
  ret double %result
}

; Write the numbers that are asked for; return where the next ones go.
define internal ptr @record(ptr noalias %w, ptr noalias %recorded, i64 %count, ptr noalias %out)
    noinline nounwind {
entry:
  %none = icmp eq i64 %count, 0
  br i1 %none, label %done, label %next
next:
  %j = phi i64 [0, %entry], [%j.next, %next]
  %slot_at = getelementptr inbounds i64, ptr %recorded, i64 %j
  %slot = load i64, ptr %slot_at
  %from = getelementptr inbounds double, ptr %w, i64 %slot
  %value = load double, ptr %from
  %to = getelementptr inbounds double, ptr %out, i64 %j
  store double %value, ptr %to
  %j.next = add nuw nsw i64 %j, 1
  %more = icmp ult i64 %j.next, %count
  br i1 %more, label %next, label %done
done:
  %end = getelementptr inbounds double, ptr %out, i64 %count
  ret ptr %end
}
"""

DRIVE = """
; Advance rows by saves x steps time steps, and leave them with all values up to date.
define i64 @drive(ptr noalias %rows, i64 %n_rows, i64 %begin, i64 %saves, i64 %steps,
    ptr noalias %recorded, i64 %n_recorded, ptr noalias %out) nounwind {{
entry:
  %begins = icmp ne i64 %begin, 0
  %no_row = icmp eq i64 %n_rows, 0
  %no_save = icmp eq i64 %saves, 0
  %no_step = icmp eq i64 %steps, 0
  %nothing_recorded = icmp eq i64 %n_recorded, 0
  %stands = or i1 %no_save, %no_step
  br i1 %no_row, label %done, label %next_row
next_row:
  %row = phi i64 [0, %entry], [%row.next, %row_done]
  %out_row = phi ptr [%out, %entry], [%out_next, %row_done]
  %wrong_before = phi i64 [0, %entry], [%wrong, %row_done]
  %first = mul nsw i64 %row, {slots}
  %w = getelementptr inbounds double, ptr %rows, i64 %first
  %clock = getelementptr inbounds double, ptr %w, i64 {time}
  %clock_step = getelementptr inbounds double, ptr %w, i64 {time_step}
  br i1 %begins, label %set_up, label %settle
set_up:
{initial}
  br label %settle
settle:
{constant}
  br i1 %stands, label %last, label %next_step
next_step:
  %save = phi i64 [0, %settle], [%save_on, %stepped]
  %k = phi i64 [0, %settle], [%k_on, %stepped]
  %out_here = phi ptr [%out_row, %settle], [%out_on, %stepped]
{flowing}
  %later = icmp ne i64 %k, 0
  %silent = or i1 %later, %nothing_recorded
  br i1 %silent, label %move, label %report
report:
{reported}
  %out_more = call ptr @record(ptr %w, ptr %recorded, i64 %n_recorded, ptr %out_here)
  br label %move
move:
  %out_on = phi ptr [%out_here, %next_step], [%out_more, %report]
{changes}
  %dt = load double, ptr %clock_step
  br i1 {no_level}, label %stepped, label %next_level
next_level:
  %j = phi i64 [0, %move], [%j.next, %next_level]
  %level_at = getelementptr inbounds double, ptr %w, i64 %j
  %change_slot = add nuw nsw i64 %j, {levels}
  %change_at = getelementptr inbounds double, ptr %w, i64 %change_slot
  %level = load double, ptr %level_at, !llvm.access.group !0
  %change = load double, ptr %change_at, !llvm.access.group !0
  %moved = fmul double %change, %dt
  %level_on = fadd double %level, %moved
  store double %level_on, ptr %level_at, !llvm.access.group !0
  %j.next = add nuw nsw i64 %j, 1
  %j.more = icmp ult i64 %j.next, {levels}
  br i1 %j.more, label %next_level, label %stepped, !llvm.loop {parallel}
stepped:
  %now = load double, ptr %clock
  %then = fadd double %now, %dt
  store double %then, ptr %clock
  %k.next = add nuw nsw i64 %k, 1
  %k.full = icmp eq i64 %k.next, %steps
  %k_on = select i1 %k.full, i64 0, i64 %k.next
  %save.next = add nuw nsw i64 %save, 1
  %save_on = select i1 %k.full, i64 %save.next, i64 %save
  %finished = icmp eq i64 %save_on, %saves
  br i1 %finished, label %last, label %next_step
last:
  %out_last = phi ptr [%out_row, %settle], [%out_on, %stepped]
{flowing}
{reported}
  %out_next = call ptr @record(ptr %w, ptr %recorded, i64 %n_recorded, ptr %out_last)
  br i1 {no_level}, label %row_done, label %next_check
next_check:
  %c = phi i64 [0, %last], [%c.next, %next_check]
  %bad = phi i64 [%wrong_before, %last], [%bad.next, %next_check]
  %checked_at = getelementptr inbounds double, ptr %w, i64 %c
  %checked = load double, ptr %checked_at
  %rest = fsub double %checked, %checked
  %not_finite = fcmp uno double %rest, %rest
  %one = zext i1 %not_finite to i64
  %bad.next = add nuw nsw i64 %bad, %one
  %c.next = add nuw nsw i64 %c, 1
  %c.more = icmp ult i64 %c.next, {levels}
  br i1 %c.more, label %next_check, label %row_done
row_done:
  %wrong = phi i64 [%wrong_before, %last], [%bad.next, %next_check]
  %row.next = add nuw nsw i64 %row, 1
  %row.more = icmp ult i64 %row.next, %n_rows
  br i1 %row.more, label %next_row, label %done
done:
  %wrong_in_all = phi i64 [0, %entry], [%wrong, %row_done]
  ret i64 %wrong_in_all
}}
"""
