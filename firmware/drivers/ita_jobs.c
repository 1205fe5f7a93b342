/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/drivers/ita_jobs.h"

#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"

uint32_t ita_jobs_base(uint32_t ita) {
  return platform.ita_base + ita * platform.ita_stride;
}

void ita_jobs_write_layer(uint32_t base, const struct ItaLayer* layer) {
  write_register(base + ITA_JOB_CTRL_ENGINE, layer->engine);
  write_register(base + ITA_JOB_TILES, layer->tiles);
  write_register(base + ITA_JOB_EPS_MULT0, layer->mult[0]);
  write_register(base + ITA_JOB_EPS_MULT1, layer->mult[1]);
  write_register(base + ITA_JOB_RIGHT_SHIFT0, layer->shift[0]);
  write_register(base + ITA_JOB_RIGHT_SHIFT1, layer->shift[1]);
  write_register(base + ITA_JOB_ADD0, layer->add[0]);
  write_register(base + ITA_JOB_ADD1, layer->add[1]);
  write_register(base + ITA_JOB_GELU_B_C, layer->gelu);
  write_register(base + ITA_JOB_ACTIVATION_REQUANT, layer->activation);
}

void ita_jobs_write_job(uint32_t base, const struct ItaJob* job) {
  write_register(base + ITA_JOB_INPUT_PTR, job->input);
  write_register(base + ITA_JOB_WEIGHT_PTR0, job->weight);
  write_register(base + ITA_JOB_WEIGHT_PTR1, job->next_weight);
  write_register(base + ITA_JOB_BIAS_PTR, job->bias);
  write_register(base + ITA_JOB_OUTPUT_PTR, job->output);
  write_register(base + ITA_JOB_CTRL_STREAM, job->stream);
}
