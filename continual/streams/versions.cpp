#include <engram/continual/streams/versions.h>

#include <algorithm>
#include <utility>

namespace engram::continual {

Stream versions(const char* caller, const data::Dataset& train, const data::Dataset& test,
                std::vector<Version> versions, const VersionsOptions& options) {
  check_shape(train.sample_shape() == test.sample_shape(),
              "{}: samples to train are {}, to test {}", caller, train.sample_shape(),
              test.sample_shape());
  const std::int64_t classes = std::max(class_count(train), class_count(test));
  const auto tasks = static_cast<int>(versions.size());
  const auto finish = [options](const data::Dataset& images) {
    return options.flatten ? images.flatten() : images;
  };
  std::vector<data::Dataset> tests;
  for (const Version& version : versions) tests.push_back(finish(version.test(test)));
  const auto make = [train, tests = std::move(tests), versions = std::move(versions), options,
                     classes, finish](int number) {
    const auto k = static_cast<std::size_t>(number);
    return in_scenario(options.scenario,
                       {number, versions[k].name, finish(versions[k].train(train)), tests[k], {}},
                       classes);
  };
  return Stream(tasks, output_count(options.scenario, tasks, classes), make);
}

void check_images(const char* caller, const data::Dataset& dataset) {
  check_shape(dataset.sample_shape().rank() >= 2, "{}: needs images (…, height, width), got {}",
              caller, dataset.sample_shape());
}

}  // namespace engram::continual
