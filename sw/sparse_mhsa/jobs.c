/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/sparse_mhsa/jobs.h"

#include "firmware/runtime/arguments.h"
#include "firmware/runtime/platform.h"
#include "firmware/runtime/print.h"

enum {
  kRingLog2 = 2, /* fewer places than wake-ups can be pending */
};

static struct EngineDescriptor ring[1 << kRingLog2] __attribute__((aligned(64)));
static struct EngineCompletion queue[1 << kRingLog2] __attribute__((aligned(64)));

static int fits(const struct SparseImage* image, uint32_t offset, uint32_t bytes) {
  return offset % 64 == 0 && offset >= sizeof(*image) && offset <= image->bytes &&
         bytes <= image->bytes - offset;
}

enum SparseExit check_image(const struct SparseImage* image, const char* program) {
  if (image->magic != SPARSE_MAGIC) {
    printf("%s: wrong magic 0x%08lx at 0x%08lx, expected 0x%08lx\n", program, image->magic,
           (uint32_t)image, (uint32_t)SPARSE_MAGIC);
    return kSparseWrongMagic;
  }
  if (image->version != SPARSE_VERSION) {
    printf("%s: wrong version %lu, expected %lu\n", program, image->version,
           (uint32_t)SPARSE_VERSION);
    return kSparseWrongVersion;
  }
  uint32_t available = platform.l2_base + platform.l2_bytes - (uint32_t)image;
  uint32_t jobs = image->num_jobs;
  if (image->bytes > available || jobs == 0 || jobs > SPARSE_MAX_JOBS ||
      !fits(image, image->jobs_offset, jobs * ATTENTION_ENGINE_DESC_BYTES) ||
      !fits(image, image->scratch_offset, image->scratch_bytes) ||
      !fits(image, image->report_offset,
            sizeof(struct SparseReport) + jobs * sizeof(struct SparseJobReport)) ||
      (image->padded_offset != 0 &&
       !fits(image, image->padded_offset, jobs * ATTENTION_ENGINE_DESC_BYTES)) ||
      (image->ita_offset != 0 && !fits(image, image->ita_offset, jobs * sizeof(uint32_t)))) {
    printf("%s: wrong size, parts of the image lie outside its %lu bytes or L2's %lu\n", program,
           image->bytes, available);
    return kSparseWrongSize;
  }
  return kSparseDone;
}

int jobs_init(struct Engine* engine) {
  return engine_init(engine, ring, queue, kRingLog2);
}

/* Job `number` with addresses instead of offsets; its completion wakes this hart. */
static struct EngineDescriptor load_job(const struct SparseImage* image, uint32_t offset,
                                        uint32_t number) {
  uint32_t base = (uint32_t)image;
  struct EngineDescriptor job = ((const struct EngineDescriptor*)(base + offset))[number];
  job.q += base;
  job.k += base;
  job.v += base;
  job.output += base;
  job.scratch = base + image->scratch_offset;
  if (job.pattern == kEngineMapInMemory) {
    job.map += base;
    job.masks += base;
  }
  job.tag = (uint16_t)number;
  job.flags |= ATTENTION_ENGINE_FLAG_IRQ;
  return job;
}

struct EngineDescriptor job_with_addresses(const struct SparseImage* image, uint32_t offset,
                                           uint32_t number, uint32_t head) {
  struct EngineDescriptor job = load_job(image, offset, number);
  uint32_t bytes = head * job.head_stride * 16u;
  job.q += bytes;
  job.k += bytes;
  job.v += bytes;
  job.output += bytes;
  job.heads = 1;
  return job;
}

static void note(struct SparseJobReport* report, const struct EngineDescriptor* job,
                 const struct EngineCompletion* completion) {
  report->error = engine_completion_error(completion);
  report->policy = job->policy;
  report->cycles = completion->cycles;
  ++report->attempts;
}

/* Takes the next completion and notes it. */
static void take_completion(struct Engine* engine, const struct SparseImage* image, uint32_t offset,
                            struct SparseJobReport* reports) {
  struct EngineCompletion completion;
  engine_wait(engine, &completion);
  struct EngineDescriptor job = load_job(image, offset, completion.tag);
  note(&reports[completion.tag], &job, &completion);
}

/* A job on its own, with the policies that are left, after it did not fit. */
static void run_again(struct Engine* engine, struct EngineDescriptor job,
                      struct SparseJobReport* report) {
  struct EngineCompletion completion;
  job.policy = job.policy == kEngineAutomatic ? kEngineResident : job.policy;
  engine_run(engine, &job, &completion);
  note(report, &job, &completion);
}

enum SparseExit jobs_run(struct Engine* engine, const struct SparseImage* image, uint32_t offset,
                         const struct JobOrder* order, const char* program) {
  struct SparseReport* report = (struct SparseReport*)((uint32_t)image + image->report_offset);
  for (uint32_t i = 0; i < order->count; ++i) {
    struct EngineDescriptor job = load_job(image, offset, order->jobs[i]);
    report->jobs[order->jobs[i]].attempts = 0;
    if (engine_submit(engine, &job) != 0) {
      take_completion(engine, image, offset, report->jobs);
      engine_submit(engine, &job);
    }
  }
  while (engine_outstanding(engine) != 0) {
    take_completion(engine, image, offset, report->jobs);
  }
  enum SparseExit result = kSparseDone;
  for (uint32_t i = 0; i < order->count; ++i) {
    uint32_t number = order->jobs[i];
    struct SparseJobReport* job_report = &report->jobs[number];
    if (job_report->error == kEngineVrfOverflow) {
      run_again(engine, load_job(image, offset, number), job_report);
    }
    if (job_report->error != kEngineOk) {
      printf("%s: job %lu: %s\n", program, number, engine_error_name(job_report->error));
      result = kSparseFailed;
    }
  }
  return result;
}
