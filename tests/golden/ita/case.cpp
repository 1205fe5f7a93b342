// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/ita/case.h"

#include <stdexcept>

#include <fmt/format.h>

#include "models/ita/operand_block.h"

namespace tessera::test {

namespace {

constexpr std::size_t kNumRequants = 7;  ///< Q, K, V, QK, AV, OW, sum of heads

/// Matrix `index` of an array [count][rows][columns].
template <typename Element>
std::vector<Element> slice(const std::vector<Element>& stack, std::size_t index,
                           std::size_t elements) {
  const auto begin = stack.begin() + static_cast<std::ptrdiff_t>(index * elements);
  return {begin, begin + static_cast<std::ptrdiff_t>(elements)};
}

/// Requantisation constants [rows][columns] of the arrays "<prefix>_mult", "_shift", "_add".
std::vector<ita::Requant> requants(const ArrayFile& file, const std::string& prefix,
                                   const ArrayFile::Shape& shape) {
  const auto mult = file.uint8(prefix + "_mult", shape);
  const auto shift = file.uint8(prefix + "_shift", shape);
  const auto add = file.int8(prefix + "_add", shape);
  std::vector<ita::Requant> result;
  for (std::size_t i = 0; i < mult.size(); ++i) {
    result.push_back({mult[i], shift[i], add[i]});
  }
  return result;
}

FeedForwardData read_feed_forward(const ArrayFile& file, std::size_t s, std::size_t e) {
  FeedForwardData data;
  data.s = s;
  data.e = e;
  data.f = file.shape("Bff", 2).back();
  data.input = file.int8("FF", {s, e});
  data.w1_transposed = transposed(file.int8("Wff", {1, e, data.f}), e, data.f);
  data.w2_transposed = transposed(file.int8("Wff2", {1, data.f, e}), data.f, e);
  data.b1 = file.int32("Bff", {1, data.f});
  data.b2 = file.int32("Bff2", {1, e});
  const auto constants = requants(file, "rqf", {2, 1});
  data.requant1 = constants[0];
  data.requant2 = constants[1];
  data.expected1 = file.int8("F1", {1, s, data.f});
  data.expected2 = file.int8("F2", {1, s, e});
  return data;
}

ita::Activation read_activation(const ArrayFile& file) {
  ita::Activation result;
  const std::string kind = file.text("act");
  if (kind == "gelu") {
    result.kind = ita::ActivationKind::kGelu;
  } else if (kind == "relu") {
    result.kind = ita::ActivationKind::kRelu;
  } else if (kind != "identity") {
    throw std::runtime_error(fmt::format("act '{}', expected identity, relu or gelu", kind));
  }
  const auto gelu = file.int32("gelu", {6});  // one, b, c, mult, shift, add
  result.gelu_b = static_cast<std::int16_t>(gelu[1]);
  result.gelu_c = static_cast<std::int16_t>(gelu[2]);
  result.requant = {static_cast<std::uint8_t>(gelu[3]), static_cast<std::uint8_t>(gelu[4]),
                    gelu[5]};
  return result;
}

void check_multiple_of_16(const char* name, std::size_t size) {
  if (size == 0 || size % ita::kSoftmaxGroup != 0) {
    throw std::runtime_error(fmt::format("{} is {}, expected a multiple of 16", name, size));
  }
}

}  // namespace

std::size_t Tally::differing() const {
  std::size_t total = 0;
  for (const auto& [name, bytes] : differing_) {
    total += bytes;
  }
  return total;
}

std::string Tally::details() const {
  std::string text;
  for (const auto& [name, bytes] : differing_) {
    if (bytes != 0) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, bytes);
    }
  }
  return text;
}

RtlCase RtlCase::from_file(const ArrayFile& file) {
  RtlCase result;
  const std::string name = file.text("flavour");
  const auto flavour = ita::flavour_from_name(name);
  if (!flavour) {
    throw std::runtime_error(
        fmt::format("flavour '{}', expected rtl, rtl_2024_08 or mempool", name));
  }
  result.flavour = *flavour;
  const std::size_t s = file.shape("Q", 2).front();
  const std::size_t e = file.shape("Q", 2).back();
  const std::size_t p = file.shape("Bq", 2).back();
  const std::size_t heads = file.shape("Bq", 2).front();
  check_multiple_of_16("S", s);
  const auto q = file.int8("Q", {s, e});
  const auto k = file.int8("K", {s, e});
  const auto constants = requants(file, "rq", {kNumRequants, heads});
  for (std::size_t h = 0; h < heads; ++h) {
    const auto weights = [&](const char* array, std::size_t rows, std::size_t columns) {
      const auto stack = file.int8(array, {heads, rows, columns});
      return transposed(slice(stack, h, rows * columns), rows, columns);
    };
    const auto bias = [&](const char* array, std::size_t columns) {
      return slice(file.int32(array, {heads, columns}), h, columns);
    };
    const auto matrix = [&](const char* array, std::size_t columns) {
      return slice(file.int8(array, {heads, s, columns}), h, s * columns);
    };
    ita::HeadOperands head{{s, e, p},
                           q,
                           k,
                           weights("Wq", e, p),
                           weights("Wk", e, p),
                           weights("Wv", e, p),
                           weights("Wo", p, e),
                           bias("Bq", p),
                           bias("Bk", p),
                           bias("Bv", p),
                           bias("Bo", e),
                           {}};
    for (std::size_t i = 0; i + 1 < kNumRequants; ++i) {
      head.requant[i] = constants[i * heads + h];
    }
    result.heads.push_back(std::move(head));
    result.expected.push_back({matrix("Qp", p), matrix("Kp", p), matrix("Vp", p), matrix("A", s),
                               matrix("O", p), matrix("Out", e),
                               slice(file.uint8("Psoft", {heads, s, s}), h, s * s)});
  }
  result.activation = read_activation(file);
  result.feed_forward = read_feed_forward(file, s, e);
  if (file.contains("OutSum")) {
    result.sum_requant = constants[(kNumRequants - 1) * heads];
    result.expected_sum = file.int8("OutSum", {1, s, e});
  }
  return result;
}

MempoolCase MempoolCase::from_file(const ArrayFile& file) {
  const auto scalar = [&](const char* name) {
    return static_cast<std::size_t>(file.int32(name, {}).front());
  };
  MempoolCase result;
  const auto [s, e, p] = result.shape = {scalar("S"), scalar("E"), scalar("P")};
  check_multiple_of_16("S", s);
  check_multiple_of_16("E", e);
  check_multiple_of_16("P", p);
  const std::size_t block_bytes = ita::OperandBlockLayout(result.shape).bytes;
  for (std::size_t h = 0; h < scalar("H"); ++h) {
    const auto name = [h](const char* array) { return array + std::to_string(h); };
    Head head;
    head.block = file.uint8(name("img"), {block_bytes});
    const auto mult = file.uint8(name("mult"), {ita::kNumConstants});
    const auto shift = file.uint8(name("shift"), {ita::kNumConstants});
    const auto add = file.int32(name("add"), {ita::kNumConstants});
    for (std::size_t i = 0; i < ita::kNumConstants; ++i) {
      head.requant[i] = {mult[i], shift[i], add[i]};
    }
    const auto probabilities = file.int8(name("P"), {s, s});
    head.expected = {file.int8(name("Qp"), {s, p}),
                     file.int8(name("Kp"), {s, p}),
                     file.int8(name("Vp"), {s, p}),
                     file.int8(name("A"), {s, s}),
                     file.int8(name("O"), {s, p}),
                     file.int8(name("Out"), {s, e}),
                     {probabilities.begin(), probabilities.end()}};
    result.heads.push_back(std::move(head));
  }
  return result;
}

}  // namespace tessera::test
