! Copyright The Millers.
module mill
  use iso_fortran_env
  implicit none

  type, public :: sack
    integer :: weight
  end type sack

contains

  !> Grinds a sack.
  pure function grind(s) result(n)
    type(sack), intent(in) :: s
    integer :: n
    if (s%weight > 0) then
      n = s%weight
    end if
  end function grind

subroutine turn(n)
integer, intent(inout) :: n
do while (n > 0)
n = n - 1
end do
end subroutine turn

end module mill

program main
  use mill
  call turn(3)
end program main
