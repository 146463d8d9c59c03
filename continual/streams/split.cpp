#include <engram/autograd/create.h>
#include <engram/autograd/random.h>
#include <engram/continual/streams/split.h>

#include <algorithm>
#include <string>
#include <vector>

namespace engram::continual {
namespace {

/// The position of each label in the order of the classes.
std::vector<std::int64_t> places_of(std::int64_t classes, const SplitOptions& options) {
  std::vector<std::int64_t> places(static_cast<std::size_t>(classes));
  Generator generator(options.seed, "class order");
  const Tensor order = options.shuffle_classes ? randperm(classes, generator) : arange(classes);
  std::int64_t place = 0;
  for (std::int64_t label : order.data<std::int64_t>()) {
    places[static_cast<std::size_t>(label)] = place++;
  }
  return places;
}

/// The samples whose classes have positions [first, first + count), labelled from 0.
data::Dataset part(const data::Dataset& dataset, const std::vector<std::int64_t>& places,
                   std::int64_t first, std::int64_t count) {
  const auto label_in_task = [places, first](std::int64_t label) {
    check_data(label >= 0 && label < std::ssize(places), "split: label {} is none of {} classes",
               label, places.size());
    return places[static_cast<std::size_t>(label)] - first;
  };
  std::vector<std::int64_t> rows;
  const Tensor y = dataset.targets();
  const auto labels = y.data<std::int64_t>();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::int64_t label = label_in_task(labels[i]);
    if (label >= 0 && label < count) rows.push_back(static_cast<std::int64_t>(i));
  }
  return dataset.subset(rows).map_targets([label_in_task](const Tensor& before) {
    Tensor after(before.shape(), i64);
    std::ranges::transform(before.data<std::int64_t>(), after.data<std::int64_t>().begin(),
                           label_in_task);
    return after;
  });
}

std::string name_of(const std::vector<std::int64_t>& places, std::int64_t first,
                    std::int64_t count) {
  std::string name = count == 1 ? "class" : "classes";
  for (std::int64_t place = first; place < first + count; ++place) {
    name += fmt::format(" {}", std::ranges::find(places, place) - places.begin());
  }
  return name;
}

}  // namespace

Stream split(const data::Dataset& train, const data::Dataset& test, const SplitOptions& options) {
  const std::int64_t count = options.classes_per_task;
  check(count >= 1, "split: a task must have at least 1 class, got {}", count);
  check_shape(train.sample_shape() == test.sample_shape(),
              "split: samples to train are {}, to test {}", train.sample_shape(),
              test.sample_shape());
  const std::int64_t classes = std::max(class_count(train), class_count(test));
  check_data(classes > 0, "split: there are no samples");
  check(classes % count == 0, "split: {} classes do not make tasks of {}", classes, count);
  const auto make = [train, test, count, scenario = options.scenario,
                     places = places_of(classes, options)](int number) {
    const std::int64_t first = number * count;
    return in_scenario(scenario,
                       {number,
                        name_of(places, first, count),
                        part(train, places, first, count),
                        part(test, places, first, count),
                        {}},
                       count);
  };
  const auto tasks = static_cast<int>(classes / count);
  return Stream(tasks, output_count(options.scenario, tasks, count), make);
}

}  // namespace engram::continual
