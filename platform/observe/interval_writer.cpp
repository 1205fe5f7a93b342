// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/interval_writer.h"

#include <fmt/format.h>

namespace tessera {

IntervalWriter::IntervalWriter(StatWriter& stats, Cycles interval)
    : stats_(stats), interval_(interval), before_(stats.values()) {}

void IntervalWriter::look(Cycles now) {
  if (now >= begin_ + interval_) {
    sample(now);
  }
}

void IntervalWriter::finish(Cycles now) {
  if (now > begin_) {
    sample(now);
  }
}

void IntervalWriter::sample(Cycles now) {
  std::vector<std::uint64_t> values = stats_.values();
  before_.resize(values.size());  // statistics that are new count from 0
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] != before_[i]) {
      csv_ += fmt::format("{},{},{},{}\n", begin_, now, stats_.path(i),
                          static_cast<std::int64_t>(values[i] - before_[i]));
    }
  }
  before_ = std::move(values);
  begin_ = now;
}

}  // namespace tessera
