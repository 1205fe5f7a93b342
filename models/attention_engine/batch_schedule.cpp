// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/batch_schedule.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "models/base/error.h"
#include "models/base/random.h"
#include "models/base/text.h"

namespace tessera::attention_engine {

namespace {

constexpr std::uint32_t kMaxLength = 65535;  ///< sizes in descriptors are 16 bits wide

Stage& slowest(std::vector<Stage>& stages, double tokens) {
  return *std::max_element(stages.begin(), stages.end(), [tokens](const Stage& a, const Stage& b) {
    return a.time(tokens) < b.time(tokens);
  });
}

/// Two independent numbers of the standard normal distribution are made of two uniform ones.
double standard_normal(Random& random) {
  constexpr double kTwoPi = 6.283185307179586;
  const double radius = std::sqrt(-2 * std::log((random.bits() + 1.0) * 0x1p-32));
  return radius * std::cos(kTwoPi * random.bits() * 0x1p-32);
}

}  // namespace

std::vector<Stage> allocate_stages(const std::vector<Operator>& operators, double average_tokens,
                                   std::uint32_t stages, std::uint32_t units) {
  std::vector<Stage> result(1);
  double remaining = 0;
  for (const Operator& op : operators) {
    remaining += Stage{op.linear, op.quadratic}.time(average_tokens);
  }
  for (const Operator& op : operators) {
    const double work = Stage{op.linear, op.quadratic}.time(average_tokens);
    const double open = result.back().time(average_tokens);
    const double share = (remaining + open) / (stages + 1 - static_cast<double>(result.size()));
    // A stage ends where that comes nearer to its share of the work that is left.
    if (result.size() < stages && result.back().operators > 0 &&
        std::abs(open - share) <= std::abs(open + work - share)) {
      result.emplace_back();
    }
    result.back().linear += op.linear;
    result.back().quadratic += op.quadratic;
    ++result.back().operators;
    remaining -= work;
  }
  for (auto used = static_cast<std::uint32_t>(result.size()); used < units; ++used) {
    ++slowest(result, average_tokens).width;
  }
  return result;
}

double makespan(const std::vector<Stage>& stages, std::uint32_t layers,
                const std::vector<std::uint32_t>& lengths) {
  std::vector<double> stage_free(stages.size(), 0);
  std::vector<double> sequence_ready(lengths.size(), 0);
  for (std::uint32_t layer = 0; layer < layers; ++layer) {
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      for (std::size_t j = 0; j < stages.size(); ++j) {
        sequence_ready[i] = std::max(sequence_ready[i], stage_free[j]) + stages[j].time(lengths[i]);
        stage_free[j] = sequence_ready[i];
      }
    }
  }
  return *std::max_element(sequence_ready.begin(), sequence_ready.end());
}

BatchSchedule schedule_batch(const std::vector<Stage>& stages, std::uint32_t layers,
                             std::vector<std::uint32_t> lengths) {
  std::sort(lengths.begin(), lengths.end(), std::greater<>());
  BatchSchedule schedule;
  schedule.length_aware = makespan(stages, layers, lengths);
  schedule.padded =
      makespan(stages, layers, std::vector<std::uint32_t>(lengths.size(), lengths.front()));
  for (const Stage& stage : stages) {
    double work = 0;
    for (const std::uint32_t length : lengths) {
      work += layers * stage.time(length);
    }
    schedule.bound = std::max(schedule.bound, work);
  }
  schedule.lengths = std::move(lengths);
  return schedule;
}

std::vector<std::uint32_t> random_lengths(std::uint32_t count, double mean, std::uint32_t max,
                                          std::uint32_t seed, double sigma) {
  Random random(seed);
  const double mu = std::log(mean) - sigma * sigma / 2;
  std::vector<std::uint32_t> lengths;
  for (std::uint32_t i = 0; i < count; ++i) {
    const double length = std::exp(mu + sigma * standard_normal(random));
    lengths.push_back(static_cast<std::uint32_t>(std::clamp<double>(std::round(length), 1, max)));
  }
  return lengths;
}

std::vector<std::uint32_t> parse_lengths(const std::string& text, const std::string& name) {
  std::vector<std::uint32_t> lengths;
  std::istringstream lines(text);
  std::string line;
  for (std::uint32_t number = 1; std::getline(lines, line); ++number) {
    line.erase(std::min(line.find('#'), line.size()));
    const std::size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos) {
      continue;
    }
    const std::string word = line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin);
    const auto value = parse_unsigned(word);
    const std::uint64_t* length = std::get_if<std::uint64_t>(&value);
    if (length == nullptr || *length < 1 || *length > kMaxLength) {
      throw ConfigError(fmt::format("{}:{}", name, number), fmt::format("'{}' is no length", word),
                        fmt::format("allowed: 1 to {}", kMaxLength));
    }
    lengths.push_back(static_cast<std::uint32_t>(*length));
  }
  if (lengths.empty()) {
    throw ConfigError(name, "no lengths", "one per line");
  }
  return lengths;
}

}  // namespace tessera::attention_engine
