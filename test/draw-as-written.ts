import fc from 'fast-check';

// Left to itself fast-check 4 draws arrays of about ten whatever `maxLength` says, and a stream of ten events reaches few corners.
fc.configureGlobal({ defaultSizeToMaxWhenMaxSpecified: true });
