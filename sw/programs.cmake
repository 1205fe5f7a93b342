# The guest programs: name, then sources in this folder.
guest_program(atomics atomics/atomics.c)
guest_program(barrier barrier/barrier.c)
guest_program(dma_copy dma_copy/dma_copy.c)
guest_program(gemm_i8 gemm_i8/gemm_i8.c)
guest_program(hello hello/hello.c)
guest_program(matmul_i32 matmul/matmul_i32.c)
guest_program(matmul_i8 matmul/matmul_i8.c)
guest_program(memcpy memcpy/memcpy.c)
guest_program(sieve sieve/sieve.c)
guest_program(wake_up wake_up/wake_up.c)
guest_program(mhsa mhsa/mhsa.c mhsa/validate.c mhsa/plan.c mhsa/steps.c mhsa/moves.c
              mhsa/tile_cache.c mhsa/pipeline.c mhsa/ita_path.c mhsa/cores_path.c tile/kernels.c)
