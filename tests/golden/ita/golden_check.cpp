// SPDX-License-Identifier: Apache-2.0
// Runs ITA on one golden file (arrays on stdin, see array_file.h) and prints the number of
// differing bytes. Exit code 0: none; 1: some, or the file cannot be used.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <systemc>

#include "models/ita/layer.h"
#include "models/ita/operand_block.h"
#include "tests/golden/ita/array_file.h"
#include "tests/golden/ita/case.h"
#include "tests/golden/ita/check_registers.h"
#include "tests/golden/ita/mempool_image.h"

namespace tessera::test {
namespace {

void compare_head(Tally& tally, const std::string& path, const ita::HeadResult& actual,
                  const HeadExpectation& expected, const ita::HeadShape& shape) {
  tally.compare(path + ".Qp", actual.q, expected.q);
  tally.compare(path + ".Kp", actual.k, expected.k);
  tally.compare(path + ".Vp", transposed(actual.v_transposed, shape.p, shape.s), expected.v);
  tally.compare(path + ".A", actual.logits, expected.logits);
  tally.compare(path + ".P", actual.probabilities, expected.probabilities);
  tally.compare(path + ".O", actual.av, expected.av);
  tally.compare(path + ".Out", actual.output, expected.output);
}

/// The vectors of single activations, where the file has them.
void check_activations(Tally& tally, const ArrayFile& file, const RtlCase& data) {
  if (!file.contains("act_in")) {
    return;
  }
  const ita::FlavourParameters& flavour = ita::parameters_of(data.flavour);
  const auto input = file.int8("act_in", file.shape("act_in", 1));
  const auto check = [&](const char* name, ita::ActivationKind kind) {
    ita::Activation activation = data.activation;
    activation.kind = kind;
    std::vector<std::int8_t> output;
    for (const std::int8_t value : input) {
      output.push_back(ita::activate(value, activation, flavour));
    }
    tally.compare(name, output, file.int8(name, {input.size()}));
  };
  check("act_relu", ita::ActivationKind::kRelu);
  check("act_gelu", ita::ActivationKind::kGelu);
}

void check_datapath(Tally& tally, const RtlCase& data) {
  const ita::FlavourParameters& flavour = ita::parameters_of(data.flavour);
  std::vector<std::int32_t> sums(data.expected_sum.size());
  for (std::size_t h = 0; h < data.heads.size(); ++h) {
    const ita::HeadResult result = ita::attention_head(data.heads[h], flavour);
    compare_head(tally, "datapath", result, data.expected[h], data.heads[h].shape);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sums[i] += result.output[i];
    }
  }
  std::vector<std::int8_t> summed;
  for (const std::int32_t sum : sums) {
    summed.push_back(ita::requantise(sum, data.sum_requant, flavour));
  }
  tally.compare("datapath.OutSum", summed, data.expected_sum);

  const FeedForwardData& ff = data.feed_forward;
  const auto first = ita::linear({{ff.s, ff.f, ff.e},
                                  ff.input.data(),
                                  ff.w1_transposed.data(),
                                  ff.b1.data(),
                                  ita::BiasDirection::kPerColumn,
                                  ff.requant1,
                                  data.activation},
                                 flavour);
  const auto second = ita::linear({{ff.s, ff.e, ff.f},
                                   first.data(),
                                   ff.w2_transposed.data(),
                                   ff.b2.data(),
                                   ita::BiasDirection::kPerColumn,
                                   ff.requant2,
                                   {}},
                                  flavour);
  tally.compare("datapath.F1", first, ff.expected1);
  tally.compare("datapath.F2", second, ff.expected2);
}

void check_datapath(Tally& tally, const MempoolCase& data) {
  MempoolImage image(data);
  const auto& flavour = ita::parameters_of(ita::Flavour::kMempool);
  for (std::size_t h = 0; h < data.heads.size(); ++h) {
    const auto fetch = ita::fetch_operand_block(image.memory, image.addresses[h], data.shape);
    compare_head(tally, "datapath", ita::attention_head(fetch.head, flavour),
                 data.heads[h].expected, data.shape);
  }
}

/// Every comparison that the file allows.
Tally check(const ArrayFile& file) {
  Tally tally;
  if (file.text("flavour") == "mempool") {
    const MempoolCase data = MempoolCase::from_file(file);
    check_datapath(tally, data);
    check_operand_blocks(tally, data);
  } else {
    const RtlCase data = RtlCase::from_file(file);
    check_datapath(tally, data);
    check_activations(tally, file, data);
    check_jobs(tally, data);
  }
  return tally;
}

int run() {
  try {
    const Tally tally = check(ArrayFile(std::cin));
    const std::string details = tally.details();
    fmt::print("{} differing bytes of {}{}\n", tally.differing(), tally.compared(),
               details.empty() ? "" : " (" + details + ")");
    return tally.differing() == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print("error: {}\n", error.what());
    return 1;
  }
}

}  // namespace
}  // namespace tessera::test

int sc_main(int /*argc*/, char** /*argv*/) {
  return tessera::test::run();
}

int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
