# Copyright The Millers.
library(methods)

#' Grinds a sack.
#' @export
grind <- function(sack, slowly = TRUE) {
  if (slowly) {
    turn <- function(n) n + 1
    turn(sack$weight)
  } else {
    0
  }
}

`%+%` <- function(a, b) paste0(a, b)

print.sack = function(x, ...) {
  cat("sack\n")
}

setClass("Mill", representation(stones = "numeric"))

setMethod("show", "Mill", function(object) {
  cat(object@stones)
})

Weir <- R6Class("Weir",
  public = list(
    level = 0,
    rise = function(n) {
      self$level <- self$level + n
    }
  )
)

limit <- 10
