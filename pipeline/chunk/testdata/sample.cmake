# Copyright The Millers.
cmake_minimum_required(VERSION 3.20)
project(mill LANGUAGES C)
include(weir)

set(STONES 2)
option(SLOWLY "Turn slowly" ON)

#[[ A block
function(not_one)
]]
function(grind target)
  if(SLOWLY)
    target_compile_definitions(${target} PRIVATE SLOWLY)
  endif()
endfunction()

MACRO(turn n)
message(${n})
ENDMACRO()

add_library(weir STATIC
  weir.c
)
add_executable(mill mill.c)
target_link_libraries(mill PRIVATE weir)
add_test(NAME grinds COMMAND mill)
