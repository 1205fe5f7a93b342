# The guest programs: name, then sources in this folder.
guest_program(atomics atomics/atomics.c)
guest_program(attention_engine attention_engine/attention_engine.c)
guest_program(barrier barrier/barrier.c)
guest_program(batch_mhsa batch_mhsa/batch_mhsa.c sparse_mhsa/jobs.c)
guest_program(dma_copy dma_copy/dma_copy.c)
guest_program(encoder encoder/encoder.c encoder/validate.c encoder/setup.c encoder/queue.c
              encoder/dma.c encoder/team.c encoder/moves.c encoder/ita.c)
guest_program(engine_chains engine_chains/engine_chains.c engine_chains/layer.c)
guest_program(engine_errors engine_errors/engine_errors.c engine_errors/bad_descriptors.c
              engine_errors/bad_chains.c engine_errors/events.c)
guest_program(engine_operators engine_operators/engine_operators.c)
guest_program(gemm_i8 gemm_i8/gemm_i8.c)
guest_program(hello hello/hello.c)
guest_program(ita_jobs ita_jobs/ita_jobs.c tile/kernels.c)
guest_program(kernel_test kernel_test/kernel_test.c)
guest_program(matmul_i32 matmul/matmul_i32.c)
guest_program(matmul_i8 matmul/matmul_i8.c)
guest_program(memcpy memcpy/memcpy.c)
guest_program(mhsa mhsa/mhsa.c mhsa/validate.c mhsa/plan.c mhsa/steps.c mhsa/slots.c mhsa/moves.c
              mhsa/dataflow.c mhsa/pipeline.c mhsa/ita_path.c mhsa/cores_path.c tile/kernels.c)
guest_program(operand_block operand_block/operand_block.c)
guest_program(sieve sieve/sieve.c)
guest_program(sparse_mhsa sparse_mhsa/sparse_mhsa.c sparse_mhsa/jobs.c sparse_mhsa/ita_heads.c
              mhsa/moves.c tile/kernels.c)
guest_program(timing_modes timing_modes/timing_modes.c)
guest_program(wake_up wake_up/wake_up.c)
