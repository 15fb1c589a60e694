# Copyright The Millers.
{ lib, stdenv, fetchurl }:

let
  stones = 2;
  grind = sack: sack.weight * stones;
in
stdenv.mkDerivation rec {
  pname = "mill";
  version = "1.0";

  src = fetchurl {
    url = "https://example.org/mill-${version}.tar.gz";
    sha256 = "0000";
  };

  installPhase = ''
    notOne = of these
    make install
  '';

  meta = with lib; {
    description = "A mill";
    "quoted name" = true;
  };
}
