# `cmake --install` puts the library, its headers and a CMake package in place, so that a user's
# project says find_package(engram) and links engram::engram; find_package(engram COMPONENTS
# experiment) adds engram::experiment.
include(CMakePackageConfigHelpers)

install(TARGETS engram EXPORT engram)
install(FILES engram.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/engram)
install(DIRECTORY ${folders} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/engram
  FILES_MATCHING PATTERN "*.h")

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/engram)
install(EXPORT engram NAMESPACE engram:: FILE engram-targets.cmake DESTINATION ${package_dir})
install(FILES cmake/FindOpenBLAS.cmake DESTINATION ${package_dir})
if(ENGRAM_EXPERIMENT)
  install(TARGETS engram_experiment EXPORT engram-experiment)
  install(DIRECTORY experiment DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/engram
    FILES_MATCHING PATTERN "*.h")
  install(EXPORT engram-experiment NAMESPACE engram:: FILE engram-experiment-targets.cmake
    DESTINATION ${package_dir})
endif()
configure_package_config_file(cmake/engram-config.cmake.in engram-config.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(engram-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/engram-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/engram-config-version.cmake
        DESTINATION ${package_dir})
