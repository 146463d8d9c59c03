#include "finetune/images.h"

#include <engram/autograd/error.h>
#include <engram/autograd/ops/shaping.h>
#include <engram/autograd/random.h>
#include <engram/continual/streams/handwritings.h>
#include <engram/data/mnist.h>

#include <algorithm>
#include <vector>

namespace engram::examples::finetuning {
namespace {

/// 50,000 and 2,000 of MNIST's 60,000 training images.
std::int64_t for_pretraining(const data::Dataset& train) { return train.size() * 5 / 6; }
std::int64_t for_validation(const data::Dataset& train) { return train.size() / 30; }
constexpr std::int64_t for_test = 2'000;

/// `count` rows drawn at random, balanced: the numbers of each label differ by at most one.
data::Dataset balanced(const data::Dataset& images, std::int64_t count, Generator& generator) {
  const Tensor order = randperm(images.size(), generator), targets = images.targets();
  std::vector<std::vector<std::int64_t>> by_label(10);
  for (const std::int64_t row : order.data<std::int64_t>()) {
    const std::int64_t label = targets.data<std::int64_t>()[static_cast<std::size_t>(row)];
    by_label.at(static_cast<std::size_t>(label)).push_back(row);
  }
  check(count <= images.size(), "finetune: {} labelled images are more than {}", count,
        images.size());
  std::vector<std::int64_t> rows;
  for (std::size_t round = 0; std::ssize(rows) < count; ++round) {
    for (const std::vector<std::int64_t>& own : by_label) {
      if (round < own.size() && std::ssize(rows) < count) rows.push_back(own[round]);
    }
  }
  return images.subset(rows);
}

}  // namespace

data::Dataset normalized(const data::Dataset& images) { return images.normalize(0.1307, 0.3081); }

data::Dataset pretraining_images(Images& images, std::int64_t customers,
                                 std::int64_t per_customer) {
  const data::Dataset& digits = images["mnist"].train;
  check(customers * per_customer <= for_pretraining(digits),
        "finetune: {} images of each of {} customers are more than {}", per_customer, customers,
        for_pretraining(digits));
  std::vector<Tensor> x, y;
  for (std::int64_t k = 0; k < customers; ++k) {
    const auto customer = static_cast<int>(k);
    const data::Dataset own = continual::handwritten(
        digits.slice(k * per_customer, (k + 1) * per_customer), continual::handwriting(customer),
        continual::random_stream(0, "pretraining", customer));
    const data::Batch all = own.all();
    x.push_back(all.x);
    y.push_back(all.y);
  }
  return normalized(data::Dataset(cat(x), cat(y)));
}

Target target_images(Images& images, const std::string& target, std::int64_t count,
                     std::uint64_t seed) {
  Generator generator(seed, "labelled images");
  const data::TrainTest& all = images[target == "hand" ? "mnist" : "fashion-mnist"];
  const std::int64_t first = for_pretraining(all.train), size = all.train.size();
  const std::int64_t last = size - for_validation(all.train);
  data::Dataset train = all.train.slice(first, last);
  data::Dataset validation = all.train.slice(last, size);
  data::Dataset test = all.test.take(for_test);
  train = balanced(train, count, generator);
  if (target == "hand") {
    const auto customer = static_cast<int>(1000 + seed);
    const continual::Handwriting hand = continual::handwriting(customer, {.variety = 2});
    const auto write = [&](const data::Dataset& digits, const char* part) {
      return continual::handwritten(digits, hand, continual::random_stream(0, part, customer));
    };
    train = write(train, "to learn from");
    validation = write(validation, "to choose on");
    test = write(test, "to test on");
  }
  return {normalized(train), normalized(validation), normalized(test)};
}

}  // namespace engram::examples::finetuning
