# expect: compile
# about: a finally inside a finally is written out twice at each level: two to the twentieth
# accept: ok
def tool(state, **kwargs):
    x = 0
    try: x = 1
    finally:
     try: x = 1
     finally:
      try: x = 1
      finally:
       try: x = 1
       finally:
        try: x = 1
        finally:
         try: x = 1
         finally:
          try: x = 1
          finally:
           try: x = 1
           finally:
            try: x = 1
            finally:
             try: x = 1
             finally:
              try: x = 1
              finally:
               try: x = 1
               finally:
                try: x = 1
                finally:
                 try: x = 1
                 finally:
                  try: x = 1
                  finally:
                   try: x = 1
                   finally:
                    try: x = 1
                    finally: x = 2
    return {"escaped": False}
