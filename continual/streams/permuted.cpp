#include <engram/autograd/random.h>
#include <engram/continual/streams/permuted.h>

#include <algorithm>

namespace engram::continual {

Stream permuted(const data::Dataset& train, const data::Dataset& test,
                const PermutedOptions& options) {
  check(options.tasks >= 0, "permuted: the number of tasks must be at least 0, got {}",
        options.tasks);
  check_shape(train.sample_shape() == test.sample_shape(),
              "permuted: samples to train are {}, to test {}", train.sample_shape(),
              test.sample_shape());
  const auto prepare = [&](const data::Dataset& dataset) {
    return (options.pad == 0 ? dataset : dataset.pad(options.pad)).flatten();
  };
  const std::int64_t classes = std::max(class_count(train), class_count(test));
  const auto make = [train = prepare(train), test = prepare(test), options, classes](int number) {
    if (number == 0 && options.first_plain) {
      return in_scenario(options.scenario, {number, "plain", train, test, {}}, classes);
    }
    Generator generator(random_stream(options.seed, "permutation", number));
    const Tensor permutation = randperm(train.sample_shape().numel(), generator);
    const auto order = permutation.data<std::int64_t>();
    return in_scenario(options.scenario,
                       {number,
                        fmt::format("permutation {}", number),
                        train.permute_pixels(order),
                        test.permute_pixels(order),
                        {}},
                       classes);
  };
  return Stream(options.tasks, output_count(options.scenario, options.tasks, classes), make);
}

}  // namespace engram::continual
