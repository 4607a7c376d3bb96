# Read by llama-cpp-python's build at the end of each project(): it would build llama.cpp's common code as well, which is most of the time
# and which its library does not use.
set(LLAMA_BUILD_COMMON OFF)
