# Installs the library into a fresh prefix, builds the consumer project against it, and runs it.
# Called by ctest with BUILD, SOURCE, WORK, GENERATOR and COMPONENTS.
function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/build -G ${GENERATOR} -DCMAKE_BUILD_TYPE=Release
    -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCOMPONENTS=${COMPONENTS})
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/consumer)
if(COMPONENTS)
  execute_process(COMMAND ${WORK}/build/study WORKING_DIRECTORY ${WORK} COMMAND_ERROR_IS_FATAL ANY)
endif()
