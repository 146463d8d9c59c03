#include <engram/experiment/tasks/method_record.h>

#include <doctest/doctest.h>

using namespace engram::experiment;

TEST_CASE("MethodRecord: a list of methods, metrics that are not defined yet are null") {
  MethodRecord method("ewc", {{"lambda", 60}});
  method.baseline = {0.1, 0.2};
  Json json = to_json({method});
  REQUIRE(json.size() == 1);
  std::vector<std::string> keys;
  for (const auto& item : json[0].items()) keys.push_back(item.key());
  CHECK(keys == std::vector<std::string>{"name", "acc", "bwt", "fwt", "forgetting",
                                         "learning_accuracy", "matrix", "baseline", "seconds",
                                         "options"});
  CHECK(Json::parse(json.dump())[0]["acc"].is_null());

  method.matrix = {{0.9, 0.3}, {0.7, 0.8}};
  json = to_json({method});
  CHECK(json[0]["name"] == "ewc");
  CHECK(json[0]["acc"].get<double>() == doctest::Approx(0.75));
  CHECK(json[0]["bwt"].get<double>() == doctest::Approx(-0.2));
  CHECK(json[0]["fwt"].get<double>() == doctest::Approx(0.1));
  CHECK(json[0]["forgetting"].get<double>() == doctest::Approx(0.2));
  CHECK(json[0]["matrix"] == Json{{0.9, 0.3}, {0.7, 0.8}});
  CHECK(json[0]["baseline"] == Json{0.1, 0.2});
  CHECK(json[0]["options"]["lambda"] == 60);
}
