#include <engram/autograd/random.h>
#include <engram/data/permuted.h>

namespace engram::data {

Stream permuted(const Dataset& train, const Dataset& test, const PermutedOptions& options) {
  check(options.tasks >= 0, "permuted: the number of tasks must be at least 0, got {}",
        options.tasks);
  check_shape(train.sample_shape() == test.sample_shape(),
              "permuted: samples to train are {}, to test {}", train.sample_shape(),
              test.sample_shape());
  const auto prepare = [&](const Dataset& dataset) {
    return (options.pad == 0 ? dataset : dataset.pad(options.pad)).flatten();
  };
  return Stream(options.tasks, [train = prepare(train), test = prepare(test), options](int number) {
    if (number == 0 && options.first_plain) return Task{number, "plain", train, test};
    Generator generator(options.seed, streams::permutations + static_cast<std::uint64_t>(number));
    const Tensor permutation = randperm(train.sample_shape().numel(), generator);
    const auto order = permutation.data<std::int64_t>();
    return Task{number, fmt::format("permutation {}", number), train.permute_pixels(order),
                test.permute_pixels(order)};
  });
}

}  // namespace engram::data
