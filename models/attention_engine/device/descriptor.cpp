// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/device/descriptor.h"

#include "models/attention_engine/device/attention_work.h"
#include "models/attention_engine/device/chain_work.h"
#include "models/attention_engine/device/operator_work.h"

namespace tessera::attention_engine {

namespace {

template <typename Reader>
void read_work(const DeviceContext& context, const DescriptorFields& fields, DescriptorJob& job) {
  Reader reader(context, fields, job.fetches);
  job.work = reader.read();
  job.error = reader.error();
}

}  // namespace

DescriptorJob read_descriptor(const DeviceContext& context, std::uint32_t address) {
  DescriptorJob job;
  DescriptorFields fields;
  job.fetches.push_back({address, ATTENTION_ENGINE_DESC_BYTES});
  if (!context.memory.read(address, fields.bytes.data(), fields.bytes.size())) {
    job.error = axi_error(context.memory, address, "the descriptor");
    return job;
  }
  job.tag = fields.half(ATTENTION_ENGINE_DESC_TAG);
  job.wants_interrupt = fields.has_flag(ATTENTION_ENGINE_FLAG_IRQ);
  if (fields.has_flag(ATTENTION_ENGINE_FLAG_BLOCK_FLOAT)) {
    job.error.code = ErrorCode::kFormatMismatch;
    job.error.message = "block floats; this engine computes int8";
    return job;
  }
  const std::uint32_t type = fields.byte(ATTENTION_ENGINE_DESC_TYPE);
  switch (type) {
    case ATTENTION_ENGINE_TYPE_ATTENTION:
      read_work<AttentionReader>(context, fields, job);
      break;
    case ATTENTION_ENGINE_TYPE_GEMM:
    case ATTENTION_ENGINE_TYPE_SOFTMAX:
    case ATTENTION_ENGINE_TYPE_LAYER_NORM:
    case ATTENTION_ENGINE_TYPE_GELU:
    case ATTENTION_ENGINE_TYPE_COPY:
    case ATTENTION_ENGINE_TYPE_SELECTION:
      read_work<OperatorReader>(context, fields, job);
      break;
    case ATTENTION_ENGINE_TYPE_CHAIN:
      read_work<ChainReader>(context, fields, job);
      break;
    default:
      job.error.code = ErrorCode::kBadDescriptor;
      job.error.index = type;
      job.error.message = fmt::format("no type {}", type);
  }
  return job;
}

}  // namespace tessera::attention_engine
