#!/usr/bin/perl
# Copyright The Millers.
package Mill::Sluice;
use strict;
use warnings;

use constant STONES => 2;
our $VERSION = '1.0';

=head1 NAME

sub not_one { }

=cut

# Grinds.
sub grind {
    my ($self, $sack) = @_;
    if ($sack->{weight}) {
        $self->turn($sack);
    }
    else {
        die "empty";
    }
    return 1;
}

sub turn
{
    my $self = shift;
    return sub { 1 };
}

package Mill::Weir {
    sub rise { my $n = shift; $n + 1 }
}

1;

__END__

sub nor_this { }
