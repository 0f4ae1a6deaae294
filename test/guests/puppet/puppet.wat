;; Does what the body of a message orders, in either phase: seven words (what, then its arguments a to f), then bytes
;; that are put at address 64, unless they are too many for that. A message without body is answered with `x-count: N`, the number of calls of this
;; instance, so that a fresh one shows. test/support/puppet-orders.ts writes the orders.
(module
  (@custom "sluice.manifest" "{\"name\":\"puppet\",\"version\":\"1.0.0\",\"abi\":1,\"phases\":{\"request\":{\"body\":\"buffer\"},\"response\":{\"body\":\"buffer\"}},\"capabilities\":[\"log\",\"schemas\",\"random\",\"counters\",\"metrics\",\"crypto\",\"idna\",\"patterns\"],\"config\":true}")
  (import "sluice" "abort" (func $abort (param i32 i32 i32 i32 i32 i32)))
  (import "sluice" "log" (func $log (param i32 i32 i32)))
  (import "sluice" "schema_compile" (func $schema_compile (param i32 i32) (result i32)))
  (import "sluice" "schema_check" (func $schema_check (param i32 i32 i32) (result i32)))
  (import "sluice" "schema_message" (func $schema_message (param i32 i32) (result i32)))
  (import "sluice" "random" (func $random (param i32 i32)))
  (import "sluice" "counter_add" (func $counter_add (param i32 i32 i32 i32 i32) (result i32)))
  (import "sluice" "metric_define" (func $metric_define (param i32 i32 i32) (result i32)))
  (import "sluice" "metric_record" (func $metric_record (param i32 f64)))
  (import "sluice" "sha256" (func $sha256 (param i32 i32 i32)))
  (import "sluice" "hmac_sha256" (func $hmac_sha256 (param i32 i32 i32 i32 i32)))
  (import "sluice" "hmac_sha256_secret" (func $hmac_sha256_secret (param i32 i32 i32 i32)))
  (import "sluice" "public_key_import" (func $public_key_import (param i32 i32 i32 i32 i32) (result i32)))
  (import "sluice" "signature_verify" (func $signature_verify (param i32 i32 i32 i32 i32) (result i32)))
  (import "sluice" "domain_to_ascii" (func $domain_to_ascii (param i32 i32 i32 i32) (result i32)))
  (import "sluice" "pattern_compile" (func $pattern_compile (param i32 i32) (result i32)))
  (import "sluice" "pattern_take" (func $pattern_take (param i32 i32) (result i32)))
  (import "env" "memory" (memory 4 256))
  (type $call (func))
  (table 1 1 funcref)
  (tag $tag)
  (global $count (mut i32) (i32.const 0))
  ;; Name, value and frame of the answer to an ordinary message.
  (data (i32.const 60000) "x-count0")
  (data (i32.const 60016) "\28\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00\00\00\00\00")
  (data (i32.const 60036) "\01\00\00\00\60\ea\00\00\07\00\00\00\67\ea\00\00\01\00\00\00")
  ;; Refers to itself, so checking a document goes as deep as the document.
  (data (i32.const 61000) "{\"items\":{\"$ref\":\"#\"}}")

  (data (i32.const 61100) "{\"name\":\"calls\",\"help\":\"Calls.\"}")

  ;; The base point of P-256, which is the public key of the number 1.
  (data (i32.const 61200) "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY")
  (data (i32.const 61300) "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU")

  (func (export "sluice_begin") (param $length i32) (result i32)
    (local $missing i32)
    (local.set $missing
      (i32.sub
        (i32.shr_u (i32.add (local.get $length) (i32.const 131071)) (i32.const 16))
        (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1)) (then unreachable))))
    (i32.const 65536))

  (func (export "sluice_configure") (param i32 i32) (result i32)
    (if (i32.ne (call $schema_compile (i32.const 61000) (i32.const 22)) (i32.const 0)) (then unreachable))
    (if (i32.ne (call $metric_define (i32.const 0) (i32.const 61100) (i32.const 32)) (i32.const 0))
      (then unreachable))
    (if (call $public_key_import
          (i32.const 1) (i32.const 61200) (i32.const 43) (i32.const 61300) (i32.const 43))
      (then unreachable))
    (i32.const 0))

  (func $dig (param $depth i32) (result i32)
    (i32.add (call $dig (i32.add (local.get $depth) (i32.const 1))) (i32.const 1)))

  (func $run (export "sluice_on_request") (export "sluice_on_response") (param $frame i32) (param $length i32) (result i32)
    (local $order i32) (local $size i32) (local $what i32) (local $left i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $e i32) (local $f i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    ;; FRAME_BODY is 100: offset, length.
    (local.set $size (i32.load offset=104 (local.get $frame)))
    (if (i32.lt_u (local.get $size) (i32.const 28))
      (then
        (i32.store8 (i32.const 60007) (i32.add (i32.const 48) (global.get $count)))
        (return (i32.const 60016))))
    (local.set $order (i32.add (local.get $frame) (i32.load offset=100 (local.get $frame))))
    (local.set $what (i32.load (local.get $order)))
    (local.set $a (i32.load offset=4 (local.get $order)))
    (local.set $b (i32.load offset=8 (local.get $order)))
    (local.set $c (i32.load offset=12 (local.get $order)))
    (local.set $d (i32.load offset=16 (local.get $order)))
    (local.set $e (i32.load offset=20 (local.get $order)))
    (local.set $f (i32.load offset=24 (local.get $order)))
    ;; 0 check: the bytes of the order against schema a, expecting the verdict b.
    (if (i32.eqz (local.get $what))
      (then
        (if (i32.ne
              (call $schema_check
                (local.get $a) (i32.add (local.get $order) (i32.const 28)) (i32.sub (local.get $size) (i32.const 28)))
              (local.get $b))
          (then unreachable))
        (return (i32.const 0))))
    (if (i32.lt_u (local.get $size) (i32.const 59000))
      (then
        (memory.copy
          (i32.const 64) (i32.add (local.get $order) (i32.const 28)) (i32.sub (local.get $size) (i32.const 28)))))
    ;; 1 answer: the address a.
    (if (i32.eq (local.get $what) (i32.const 1)) (then (return (local.get $a))))
    ;; 2 spin: never returns.
    (if (i32.eq (local.get $what) (i32.const 2)) (then (loop $turn (br $turn))))
    ;; 3 unreachable.
    (if (i32.eq (local.get $what) (i32.const 3)) (then unreachable))
    ;; 4 dig: calls itself until there is no more stack.
    (if (i32.eq (local.get $what) (i32.const 4)) (then (return (call $dig (i32.const 0)))))
    ;; 5 grow: by a pages again and again until the host says no, then answers b.
    (if (i32.eq (local.get $what) (i32.const 5))
      (then
        (loop $more (br_if $more (i32.ne (memory.grow (local.get $a)) (i32.const -1))))
        (return (local.get $b))))
    ;; 6 abort: with all arguments.
    (if (i32.eq (local.get $what) (i32.const 6))
      (then
        (call $abort
          (local.get $a) (local.get $b) (local.get $c) (local.get $d) (local.get $e) (local.get $f))))
    ;; 7 log: a lines of level b, at c, d bytes long.
    (if (i32.eq (local.get $what) (i32.const 7))
      (then
        (local.set $left (local.get $a))
        (loop $line
          (call $log (local.get $b) (local.get $c) (local.get $d))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br_if $line (local.get $left)))
        (return (i32.const 0))))
    ;; 8 check at: schema a, at b, c bytes long.
    (if (i32.eq (local.get $what) (i32.const 8))
      (then
        (drop (call $schema_check (local.get $a) (local.get $b) (local.get $c)))
        (return (i32.const 0))))
    ;; 9 message: to a, with room for b bytes.
    (if (i32.eq (local.get $what) (i32.const 9))
      (then
        (drop (call $schema_message (local.get $a) (local.get $b)))
        (return (i32.const 0))))
    ;; 10 compile: a schema at a, b bytes long.
    (if (i32.eq (local.get $what) (i32.const 10))
      (then
        (drop (call $schema_compile (local.get $a) (local.get $b)))
        (return (i32.const 0))))
    ;; 11 load: from a.
    (if (i32.eq (local.get $what) (i32.const 11)) (then (return (i32.load (local.get $a)))))
    ;; 12 divide: by a.
    (if (i32.eq (local.get $what) (i32.const 12))
      (then (return (i32.div_u (i32.const 1) (local.get $a)))))
    ;; 13 call: an entry of a table that is empty.
    (if (i32.eq (local.get $what) (i32.const 13)) (then (call_indirect (type $call) (i32.const 0))))
    ;; 14 throw.
    (if (i32.eq (local.get $what) (i32.const 14)) (then (throw $tag)))
    ;; 15 wipe: its whole memory, with the byte b, then answers a.
    (if (i32.eq (local.get $what) (i32.const 15))
      (then
        (memory.fill (i32.const 0) (local.get $b) (i32.shl (memory.size) (i32.const 16)))
        (return (local.get $a))))
    ;; 16 trap at call: traps at the call number a of this instance.
    (if (i32.eq (local.get $what) (i32.const 16))
      (then (if (i32.eq (global.get $count) (local.get $a)) (then unreachable))))
    ;; 17 random: to a, b bytes.
    (if (i32.eq (local.get $what) (i32.const 17)) (then (call $random (local.get $a) (local.get $b))))
    ;; 18 counter: key at a, b bytes long, window c, delta d, count to e.
    (if (i32.eq (local.get $what) (i32.const 18))
      (then
        (drop
          (call $counter_add (local.get $a) (local.get $b) (local.get $c) (local.get $d) (local.get $e)))))
    ;; 19 metric: a takes the f64 at b and c.
    (if (i32.eq (local.get $what) (i32.const 19))
      (then (call $metric_record (local.get $a) (f64.load offset=8 (local.get $order)))))
    ;; 20 digest: of the bytes at a, b of them, to c, expecting that it begins with the word d; again and again if e.
    (if (i32.eq (local.get $what) (i32.const 20))
      (then
        (loop $again
          (call $sha256 (local.get $a) (local.get $b) (local.get $c))
          (br_if $again (local.get $e)))
        (if (i32.ne (i32.load (local.get $c)) (local.get $d)) (then unreachable))))
    ;; 21 code: under the key at a, b bytes long, of the bytes at c, d of them, to e, expecting that it begins with the word f.
    (if (i32.eq (local.get $what) (i32.const 21))
      (then
        (call $hmac_sha256 (local.get $a) (local.get $b) (local.get $c) (local.get $d) (local.get $e))
        (if (i32.ne (i32.load (local.get $e)) (local.get $f)) (then unreachable))))
    ;; 22 sign: with the secret a the bytes at b, c of them, code to d.
    (if (i32.eq (local.get $what) (i32.const 22))
      (then (call $hmac_sha256_secret (local.get $a) (local.get $b) (local.get $c) (local.get $d))))
    ;; 23 domain: at a, b bytes long, to c with room for d, expecting the answer e; again and again if f.
    (if (i32.eq (local.get $what) (i32.const 23))
      (then
        (loop $again
          (if (i32.ne
                (call $domain_to_ascii (local.get $a) (local.get $b) (local.get $c) (local.get $d))
                (local.get $e))
            (then unreachable))
          (br_if $again (local.get $f)))))
    ;; 24 patterns: at a, b bytes long.
    (if (i32.eq (local.get $what) (i32.const 24))
      (then (drop (call $pattern_compile (local.get $a) (local.get $b)))))
    ;; 25 take: to a, with room for b bytes, expecting that there is nothing.
    (if (i32.eq (local.get $what) (i32.const 25))
      (then (if (call $pattern_take (local.get $a) (local.get $b)) (then unreachable))))
    ;; 26 key: of the kind a, members at b, c bytes long, and at d, e bytes long.
    (if (i32.eq (local.get $what) (i32.const 26))
      (then
        (drop
          (call $public_key_import
            (local.get $a) (local.get $b) (local.get $c) (local.get $d) (local.get $e)))))
    ;; 27 verify: with the key a the bytes at b, c of them, signature at d, e bytes long, expecting 0; again and again if f.
    (if (i32.eq (local.get $what) (i32.const 27))
      (then
        (loop $again
          (if (call $signature_verify
                (local.get $a) (local.get $b) (local.get $c) (local.get $d) (local.get $e))
            (then unreachable))
          (br_if $again (local.get $f)))))
    (i32.const 0))
)
