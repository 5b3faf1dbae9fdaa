# Sources of src/recipe, headers included.
src_recipe_librecipe_a_SOURCES = \
	src/recipe/recipe.c src/recipe/recipe.h
